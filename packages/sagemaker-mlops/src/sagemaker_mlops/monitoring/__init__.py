"""Profiles of data and distances between them, in the file formats of SageMaker Model Monitor."""
