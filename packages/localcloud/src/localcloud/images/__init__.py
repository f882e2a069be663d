"""Container images without Docker: an image is a snapshot of the files that its Dockerfile copies."""
