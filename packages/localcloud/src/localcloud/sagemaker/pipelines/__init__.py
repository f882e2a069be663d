"""SageMaker Pipelines: definitions, their execution as a graph, and the API operations."""
