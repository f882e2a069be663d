"""Benchmarks against limits and other tools. See README.md."""
