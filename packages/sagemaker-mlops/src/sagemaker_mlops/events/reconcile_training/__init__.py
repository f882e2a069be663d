"""Hourly function that sends causes that still wait for a training to start-training again."""
