"""Evaluation of a challenger on the hold-out: metrics, fairness, latency, curves and attributions."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl
from sklearn.calibration import calibration_curve
from sklearn.metrics import precision_recall_curve, roc_curve

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import ChampionDocument, EvaluationDocument, IntervalDocument, LatencyDocument
from sagemaker_mlops.runtime.fairness import group_differences, group_rates
from sagemaker_mlops.runtime.intervals import Interval, measure, paired_difference
from sagemaker_mlops.runtime.metrics import Labels, Scores
from sagemaker_mlops.runtime.model_interface import Model, mean_attributions

CURVE_POINTS = 200
CALIBRATION_BINS = 8
LATENCY_PREDICTIONS, LATENCY_ROUNDS = 200, 5
ATTRIBUTION_ROWS = 2000


def evaluate(model: Model, holdout: pl.DataFrame, champion: Scores | None, contract: Contract) -> EvaluationDocument:
    """Return the content of `evaluation.json`.

    Args:
        model: challenger.
        holdout: typed hold-out rows with features and label.
        champion: champion's score of each hold-out row, in row order, or None if there is no champion.
        contract: contract with the decision threshold, the confidence and the groups.
    """
    labels = holdout[contract.label.name].to_numpy()
    features = holdout.select(contract.feature_names)
    scores = model.predict(features)
    threshold, confidence = contract.gates.decision_threshold, contract.gates.confidence
    metrics = measure(labels, scores, threshold=threshold, confidence=confidence)
    groups = group_rates(holdout, labels, scores, contract)
    return {
        "rows": holdout.height,
        "positives": int(labels.sum()),
        "threshold": threshold,
        "confidence": confidence,
        "metrics": _documents(metrics),
        "champion": None if champion is None else compare(labels, scores, champion, contract),
        "fairness": {"groups": groups, "differences": group_differences(groups, contract)},
        "latency_milliseconds": latency(model, features),
        "curves": {
            "challenger": curves(labels, scores),
            **({} if champion is None else {"champion": curves(labels, champion)}),
        },
        "attributions": mean_attributions(model, features.head(ATTRIBUTION_ROWS)),
    }


def compare(labels: Labels, challenger: Scores, champion: Scores, contract: Contract) -> ChampionDocument:
    """Return the champion's metrics on the same rows, and the paired difference in the contract's metric."""
    rule, gates = contract.champion, contract.gates
    threshold, confidence = gates.decision_threshold, gates.confidence
    difference = paired_difference(
        rule.metric, labels, challenger, champion, threshold=threshold, confidence=confidence
    )
    metrics = measure(labels, champion, threshold=threshold, confidence=confidence)
    return {
        "metrics": _documents(metrics),
        "difference": {"metric": rule.metric, **_document(difference)},
    }


def _document(interval: Interval) -> IntervalDocument:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _documents(metrics: Mapping[str, Interval]) -> dict[str, IntervalDocument]:
    return {name: _document(interval) for name, interval in metrics.items()}


def curves(labels: Labels, scores: Scores) -> dict[str, Any]:
    """Return points of the ROC, precision-recall and calibration curves, reduced for plotting."""
    false_positive, true_positive, _ = roc_curve(labels, scores)
    precision, recall, _ = precision_recall_curve(labels, scores)
    observed, predicted = calibration_curve(labels, scores, n_bins=CALIBRATION_BINS, strategy="quantile")
    return {
        "roc": {"x": _thinned(false_positive), "y": _thinned(true_positive)},
        "precision_recall": {"x": _thinned(recall), "y": _thinned(precision)},
        "calibration": {"x": predicted.tolist(), "y": observed.tolist()},
    }


def _thinned(values: np.ndarray[Any, Any]) -> list[float]:
    positions = np.linspace(0, len(values) - 1, min(CURVE_POINTS, len(values))).astype(int)
    return [float(value) for value in values[positions]]


def latency(model: Model, features: pl.DataFrame) -> LatencyDocument:
    """Return the p50 and p99 latency of single predictions in milliseconds, on the machine that evaluates.

    The time is measured from table row to score. Each row counts with the fastest of several rounds, because other work
    on the machine can only add time.
    """
    model.predict(features.head(1))
    seconds = list(_prediction_seconds(model, features))
    p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1000
    return {"p50": float(p50), "p99": float(p99)}


def _prediction_seconds(model: Model, features: pl.DataFrame) -> Iterator[float]:
    for position in range(min(LATENCY_PREDICTIONS, features.height)):
        row = features[position]
        yield min(_seconds(model, row) for _ in range(LATENCY_ROUNDS))


def _seconds(model: Model, row: pl.DataFrame) -> float:
    start = time.perf_counter()
    model.predict(row)
    return time.perf_counter() - start
