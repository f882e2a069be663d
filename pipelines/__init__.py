"""SageMaker pipelines: their sources, the compiled definitions, and the checks of the definitions."""
