"""Command line for users and workflows: `python -m sagemaker_mlops.delivery --help`."""
