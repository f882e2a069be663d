"""SageMaker API as far as the project uses it: jobs, pipelines, registry, models, endpoints, monitoring."""
