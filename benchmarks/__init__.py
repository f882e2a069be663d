"""Measurements against limits and peers; see README.md."""
