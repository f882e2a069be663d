"""Validation rules of AWS services beyond the shapes of their requests, each with its source. No I/O."""
