"""AWS on the laptop: ministack in-process, plus the SageMaker that it lacks. Knows AWS, not the project."""
