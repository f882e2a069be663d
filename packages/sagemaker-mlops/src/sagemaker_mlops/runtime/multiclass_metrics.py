"""Metrics of the probabilities of a label with categories, computed for many bootstrap resamples at once.

Labels are positions of categories, scores are rows x categories. Weights are resamples x rows, as for a binary label.
Categories without a row do not count in a mean over categories. scikit-learn gives the same values for one resample.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sagemaker_mlops.runtime.metrics import Metric, Scores, Values, Weights, ratio, roc_auc

Positions = NDArray[np.int64]
SMALLEST_PROBABILITY = 1e-12


def accuracy(labels: Positions, scores: Scores, weights: Weights) -> Values:
    """Return the share of the rows whose most probable category is the label."""
    return ratio(weights @ (scores.argmax(axis=1) == labels).astype(np.float64), weights.sum(axis=1))


def balanced_accuracy(labels: Positions, scores: Scores, weights: Weights) -> Values:
    """Return the share of correct rows of each category, averaged over the categories."""
    actual, _, both = _counts(labels, scores, weights)
    return _mean_over_present(ratio(both, actual), actual)


def macro_f1(labels: Positions, scores: Scores, weights: Weights) -> Values:
    """Return the harmonic mean of precision and recall of each category, averaged over the categories."""
    actual, predicted, both = _counts(labels, scores, weights)
    return _mean_over_present(ratio(2 * both, actual + predicted), actual + predicted)


def macro_roc_auc(labels: Positions, scores: Scores, weights: Weights) -> Values:
    """Return the area under the ROC curve of each category against the others, averaged over the categories.

    Source: scikit-learn, roc_auc_score with multi_class="ovr" and average="macro".
    """
    present = np.unique(labels)
    areas = [roc_auc(labels == position, scores[:, position], weights) for position in present]
    return np.asarray(np.mean(areas, axis=0))


def log_loss(labels: Positions, scores: Scores, weights: Weights) -> Values:
    """Return the mean negative log-likelihood of the labels. Probabilities are clipped: it is infinite at 0."""
    likelihood = np.clip(scores[np.arange(len(labels)), labels], SMALLEST_PROBABILITY, 1.0)
    return ratio(weights @ -np.log(likelihood), weights.sum(axis=1))


def _counts(labels: Positions, scores: Scores, weights: Weights) -> tuple[Values, Values, Values]:
    """Return the weight of each category as the label, as the prediction, and as both: samples x categories."""
    positions = np.arange(scores.shape[1])
    is_actual = labels[:, None] == positions
    is_predicted = scores.argmax(axis=1)[:, None] == positions
    return weights @ is_actual, weights @ is_predicted, weights @ (is_actual & is_predicted)


def _mean_over_present(values: Values, weight: Values) -> Values:
    present = weight > 0
    return ratio((values * present).sum(axis=1), present.sum(axis=1).astype(np.float64))


MULTICLASS_METRICS: Mapping[str, Metric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "macro_f1": macro_f1,
    "macro_roc_auc": macro_roc_auc,
    "log_loss": log_loss,
}
