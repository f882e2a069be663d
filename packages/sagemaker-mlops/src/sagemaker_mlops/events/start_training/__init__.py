"""Function that starts every training.

It starts one training at a time, applies the cooldown, and neither loses a cause nor handles it twice.
"""
