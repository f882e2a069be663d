"""What people and workflows do about monitors: switch them on, bring labels, read reports, retrain."""
