"""Evaluation of a challenger on the hold-out: metrics, fairness, latency, curves and attributions."""

import time
from collections.abc import Iterator, Mapping

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import ChampionDocument, EvaluationDocument, IntervalDocument, LatencyDocument
from sagemaker_mlops.runtime.fairness import group_differences, group_rates
from sagemaker_mlops.runtime.intervals import Interval, measure, paired_difference
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.model_interface import Model, mean_attributions
from sagemaker_mlops.runtime.problem import BinaryProblem, Outcomes, Problem, problem_of
from sagemaker_mlops.training.curves import curves

LATENCY_PREDICTIONS, LATENCY_ROUNDS = 200, 5
ATTRIBUTION_ROWS = 2000


def evaluate(model: Model, holdout: pl.DataFrame, champion: Scores | None, contract: Contract) -> EvaluationDocument:
    """Return the content of `evaluation.json`.

    Args:
        model: challenger.
        holdout: typed hold-out rows with features and label.
        champion: champion's score of each hold-out row, in row order, or None if there is no champion.
        contract: contract with the label, the confidence and the groups.
    """
    problem = problem_of(contract)
    labels = problem.labels(holdout[contract.label.name])
    features = holdout.select(contract.feature_names)
    scores = model.predict(features)
    confidence = contract.gates.confidence
    groups = group_rates(holdout, labels, scores, contract)
    evaluation: EvaluationDocument = {
        "problem": problem.type,
        "rows": holdout.height,
        "outcomes": problem.describe(labels),
        "confidence": confidence,
        "metrics": _documents(measure(problem, labels, scores, confidence=confidence)),
        "champion": None if champion is None else compare(problem, labels, scores, champion, contract),
        "fairness": {"groups": groups, "differences": group_differences(groups, contract)},
        "latency_milliseconds": latency(model, features),
        "curves": {
            "challenger": curves(problem, labels, scores),
            **({} if champion is None else {"champion": curves(problem, labels, champion)}),
        },
        "attributions": mean_attributions(model, features.head(ATTRIBUTION_ROWS)),
    }
    if isinstance(problem, BinaryProblem):
        evaluation |= {"positives": int(labels.sum()), "threshold": problem.threshold}
    return evaluation


def compare(
    problem: Problem, labels: Outcomes, challenger: Scores, champion: Scores, contract: Contract
) -> ChampionDocument:
    """Return the champion's metrics on the same rows, and the paired difference in the contract's metric."""
    rule, confidence = contract.champion, contract.gates.confidence
    difference = paired_difference(problem, rule.metric, labels, challenger, champion, confidence=confidence)
    metrics = measure(problem, labels, champion, confidence=confidence)
    return {
        "metrics": _documents(metrics),
        "difference": {"metric": rule.metric, **_document(difference)},
    }


def _document(interval: Interval) -> IntervalDocument:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _documents(metrics: Mapping[str, Interval]) -> dict[str, IntervalDocument]:
    return {name: _document(interval) for name, interval in metrics.items()}


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
