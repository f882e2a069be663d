"""scikit-learn pipelines as ONNX: boosted trees for a number, a neural network for outcomes."""

from model.estimators import hyperparameters, train
from model.onnx_model import load

__all__ = ["hyperparameters", "load", "train"]
