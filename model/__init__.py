"""Model of the team: features, training, evaluation and prediction.

It is independent of AWS and the pipeline.
"""
