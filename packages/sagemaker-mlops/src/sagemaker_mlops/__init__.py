"""MLOps on SageMaker: contract, training steps, inference server, monitors, event handlers and delivery commands."""
