"""Metrics of the probabilities of a binary label, computed for many bootstrap resamples at once.

A resample is a row of weights: how often each scored row was drawn. scikit-learn's metrics give the same values for one
resample at a time, which the tests check. For a thousand resamples they take minutes, and these functions a second.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.bool_]
Weights = NDArray[np.float64]
Values = NDArray[np.float64]
Metric = Callable[[Any, Scores, Weights], Values]


def ratio(part: Values, whole: Values) -> Values:
    """Return part / whole, or 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _cumulative_by_score(labels: Labels, scores: Scores, weights: Weights) -> tuple[Values, Values]:
    """Return the positive and the negative weight at or above each distinct score, highest score first.

    Both have the shape samples x scores.
    """
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last_of_tie = np.append(ordered[1:] != ordered[:-1], True)
    positive = np.cumsum(weights[:, order] * labels[order], axis=1)[:, last_of_tie]
    negative = np.cumsum(weights[:, order] * ~labels[order], axis=1)[:, last_of_tie]
    return positive, negative


def roc_auc(labels: Labels, scores: Scores, weights: Weights) -> Values:
    """Return the area under the ROC curve, by trapezoids over the distinct scores."""
    positive, negative = _cumulative_by_score(labels, scores, weights)
    width = np.diff(negative, axis=1, prepend=0.0)
    height = positive - np.diff(positive, axis=1, prepend=0.0) / 2
    return ratio((width * height).sum(axis=1), positive[:, -1] * negative[:, -1])


def average_precision(labels: Labels, scores: Scores, weights: Weights) -> Values:
    """Return the precision averaged over the recall steps."""
    positive, negative = _cumulative_by_score(labels, scores, weights)
    steps = np.diff(positive, axis=1, prepend=0.0)
    return ratio((ratio(positive, positive + negative) * steps).sum(axis=1), positive[:, -1])


def recall(labels: Labels, scores: Scores, weights: Weights, threshold: float) -> Values:
    """Return the share of the positive rows that score at or above the threshold."""
    return ratio(weights @ (labels & (scores >= threshold)), weights @ labels)


def precision(labels: Labels, scores: Scores, weights: Weights, threshold: float) -> Values:
    """Return the share of the rows at or above the threshold that are positive."""
    return ratio(weights @ (labels & (scores >= threshold)), weights @ (scores >= threshold).astype(float))


def accuracy(labels: Labels, scores: Scores, weights: Weights, threshold: float) -> Values:
    """Return the share of the rows that the threshold classifies correctly."""
    return ratio(weights @ (labels == (scores >= threshold)), weights.sum(axis=1))


def brier_score(labels: Labels, scores: Scores, weights: Weights) -> Values:
    """Return the mean squared difference between score and outcome."""
    return ratio(weights @ (scores - labels) ** 2, weights.sum(axis=1))


def log_loss(labels: Labels, scores: Scores, weights: Weights) -> Values:
    """Return the mean negative log-likelihood. Scores are clipped, because it is infinite at 0 and 1."""
    clipped = np.clip(scores, 1e-12, 1 - 1e-12)
    return ratio(weights @ -np.log(np.where(labels, clipped, 1 - clipped)), weights.sum(axis=1))


def binary_metrics(threshold: float) -> Mapping[str, Metric]:
    """Return the metrics of a binary label; scores at or above the threshold count as positive."""
    return {
        "roc_auc": roc_auc,
        "average_precision": average_precision,
        "recall": partial(recall, threshold=threshold),
        "precision": partial(precision, threshold=threshold),
        "accuracy": partial(accuracy, threshold=threshold),
        "brier_score": brier_score,
        "log_loss": log_loss,
    }
