"""Container images without containers: an image is a snapshot of the files that its Dockerfile copies."""
