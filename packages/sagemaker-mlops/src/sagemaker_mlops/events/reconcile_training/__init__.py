"""Every hour: causes that still wait for a training are handed to start-training again."""
