"""Parts of the pipeline definitions. They need the SageMaker SDK, so only `make compile` imports them."""
