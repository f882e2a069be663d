"""The inference server of the image."""
