"""Containers of the image: what must hold of them, how they are proved, and why they fail."""
