"""What pipeline definitions are made of. Written with the SageMaker SDK, so only `make compile` imports it."""
