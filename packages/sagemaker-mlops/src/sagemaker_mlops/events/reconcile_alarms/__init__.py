"""Every hour: an alarm that still fires is told to notify again, in case its event was lost."""
