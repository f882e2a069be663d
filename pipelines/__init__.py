"""SageMaker pipelines: definitions, their compiled JSON, and the entry points that their steps run."""
