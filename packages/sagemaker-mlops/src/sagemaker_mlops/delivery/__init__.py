"""The commands that people and workflows run: `python -m sagemaker_mlops.delivery --help`."""
