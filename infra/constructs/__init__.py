"""Constructs. Each contains the resources of one capability."""
