"""Model of the team: features, training and prediction. It is independent of AWS and of the library.

The library calls the three functions below, and the methods of the model that `train` and `load` return. Their types,
and which methods are optional, are in `sagemaker_mlops.runtime.model_interface`.
"""

from model.predict import load
from model.train import hyperparameters, train

__all__ = ["hyperparameters", "load", "train"]
