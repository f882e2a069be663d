"""The report of a training: what happened, what was measured, what was decided."""
