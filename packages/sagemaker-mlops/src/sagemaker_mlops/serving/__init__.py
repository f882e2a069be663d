"""Inference server of the container image."""
