"""Commands for the monitors: enable them, upload labels, read reports and retrain."""
