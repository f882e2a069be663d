"""Hourly function that sends firing alarms to notify again, in case their event was lost."""
