"""The team's model: features, training, evaluation, prediction. Nothing here knows AWS or the pipeline."""
