"""Metrics of predicted numbers, computed for many bootstrap resamples at once.

Labels and scores have one number per row, weights are resamples x rows. scikit-learn gives the same values for one
resample.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sagemaker_mlops.runtime.metrics import Metric, Scores, Values, Weights, ratio

Numbers = NDArray[np.float64]


def mean_absolute_error(labels: Numbers, scores: Scores, weights: Weights) -> Values:
    """Return the mean distance of prediction and label, in the unit of the label."""
    return ratio(weights @ np.abs(scores - labels), weights.sum(axis=1))


def root_mean_squared_error(labels: Numbers, scores: Scores, weights: Weights) -> Values:
    """Return the root of the mean squared distance of prediction and label, in the unit of the label."""
    return np.sqrt(ratio(weights @ (scores - labels) ** 2, weights.sum(axis=1)))


def r2(labels: Numbers, scores: Scores, weights: Weights) -> Values:
    """Return the share of the labels' variance that the predictions explain; 0 if the labels do not vary."""
    centred = labels - labels.mean()  # otherwise large labels that are close together lose precision
    total = weights.sum(axis=1)
    variation = weights @ centred**2 - ratio((weights @ centred) ** 2, total)
    unexplained = weights @ (scores - labels) ** 2
    return np.where(variation > 0, 1 - ratio(unexplained, variation), 0.0)


REGRESSION_METRICS: Mapping[str, Metric] = {
    "mean_absolute_error": mean_absolute_error,
    "root_mean_squared_error": root_mean_squared_error,
    "r2": r2,
}
