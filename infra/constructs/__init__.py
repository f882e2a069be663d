"""Constructs: each owns the resources of one capability."""
