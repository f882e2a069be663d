"""Points of an evaluation's curves, reduced for plotting, for each type of problem."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from sagemaker_mlops.runtime.metrics import Labels, Scores
from sagemaker_mlops.runtime.problem import BinaryProblem, MulticlassProblem, Outcomes, Problem

CURVE_POINTS, SCATTER_POINTS = 200, 1000
CALIBRATION_BINS, ERROR_BINS = 8, 30
SEED = 20_250_701
Curves = dict[str, Any]


def curves(problem: Problem, labels: Outcomes, scores: Scores) -> Curves:
    """Return the curves that are drawn for a problem, each with its points.

    Args:
        problem: type of the label.
        labels: outcome of each row.
        scores: score of each row.
    """
    if isinstance(problem, BinaryProblem):
        return _binary(labels, scores, problem.threshold)
    return _multiclass(problem, labels, scores) if isinstance(problem, MulticlassProblem) else _errors(labels, scores)


def _binary(labels: Labels, scores: Scores, threshold: float) -> Curves:
    false_positive, true_positive, _ = roc_curve(labels, scores)
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    return {
        "roc": {"x": _thinned(false_positive), "y": _thinned(true_positive)},
        "precision_recall": {"x": _thinned(recall), "y": _thinned(precision)},
        "calibration": _calibration(labels, scores),
        "thresholds": {
            "x": _thinned(thresholds),
            "precision": _thinned(precision[:-1]),
            "recall": _thinned(recall[:-1]),
        },
        "confusion": _confusion(labels, scores >= threshold, {False: "negative", True: "positive"}),
    }


def _multiclass(problem: MulticlassProblem, labels: Outcomes, scores: Scores) -> Curves:
    predicted = scores.argmax(axis=1)
    return {
        "calibration": _calibration(predicted == labels, scores.max(axis=1)),
        "confusion": _confusion(labels, predicted, dict(enumerate(problem.categories))),
    }


def _errors(labels: Outcomes, scores: Scores) -> Curves:
    generator = np.random.default_rng(SEED)
    chosen = np.sort(generator.permutation(len(labels))[:SCATTER_POINTS])
    counts, edges = np.histogram(scores - labels, bins=ERROR_BINS)
    return {
        "predicted": {"x": labels[chosen].tolist(), "y": scores[chosen].tolist()},
        "errors": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def _calibration(labels: Labels, scores: Scores) -> Mapping[str, list[float]]:
    observed, predicted = calibration_curve(labels, np.clip(scores, 0, 1), n_bins=CALIBRATION_BINS, strategy="quantile")
    return {"x": predicted.tolist(), "y": observed.tolist()}


def _confusion(labels: Outcomes, predicted: Outcomes, names: Mapping[Any, str]) -> Mapping[str, Any]:
    """Return the numbers of rows by label (rows of the matrix) and prediction (columns)."""
    counts = confusion_matrix(labels, predicted, labels=list(names))
    return {"names": list(names.values()), "counts": counts.tolist()}


def _thinned(values: np.ndarray[Any, Any]) -> list[float]:
    positions = np.linspace(0, len(values) - 1, min(CURVE_POINTS, len(values))).astype(int)
    return [float(value) for value in values[positions]]
