"""Gradient-boosted trees of XGBoost for every type of label, saved as JSON."""

from model.boosted_trees import hyperparameters, load, train

__all__ = ["hyperparameters", "load", "train"]
