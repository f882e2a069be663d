"""Monitoring jobs that analyze captured requests, in the file formats of SageMaker Model Monitor."""
