"""Model quality monitor: compares the metrics of labelled predictions with the contract's live floors."""

from statistics import NormalDist
from typing import Any

import polars as pl

from sagemaker_mlops.contract.baseline_documents import quality_statistics
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.limits import MetricLimit
from sagemaker_mlops.contract.monitors import QUALITY_SHORTFALL
from sagemaker_mlops.contract.values import shown
from sagemaker_mlops.monitoring.answers import answer_columns
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.findings import QUALITY, Findings, Table, Violation
from sagemaker_mlops.monitoring.labels import LABEL
from sagemaker_mlops.runtime.intervals import Interval, measure
from sagemaker_mlops.runtime.problem import problem_of


def judge_quality(rows: pl.DataFrame, baseline: VersionBaseline, contract: Contract) -> Findings:
    """Check the live floors for the labelled predictions of one version.

    A floor is violated if the metric is significantly below it. The confidence bound is one-sided, because only a
    deviation to the worse side is a violation.

    Args:
        rows: labelled predictions with label and score.
        baseline: baseline of the version.
        contract: contract with the live floors.
    """
    found = Findings(baseline.version, notes=list(baseline.notes))
    problem, gates = problem_of(contract), contract.gates
    labels, scores = problem.labels(rows[LABEL]), answer_columns(contract).scores(rows)
    lack = problem.lack(labels, contract.fairness)
    if lack:
        found.notes.append(lack)
        return found
    metrics = measure(problem, labels, scores, confidence=gates.confidence)
    # A one-sided bound with confidence c is an end of the two-sided interval with confidence 2c - 1.
    bounds = measure(problem, labels, scores, confidence=2 * gates.live_confidence - 1)
    broken: set[str] = {limit.metric for limit in gates.live if _is_broken(limit, bounds[limit.metric])}
    for limit in gates.live:
        shortfall = _shortfall(limit, metrics[limit.metric].value)
        found.metrics[QUALITY_SHORTFALL] = max(found.metrics.get(QUALITY_SHORTFALL, 0.0), shortfall)
        if limit.metric in broken:
            text = _description(limit, bounds[limit.metric], gates.live_confidence)
            found.violations.append(Violation(QUALITY, text, limit.metric, baseline.version))
    found.judged = True
    found.tables.append(_table(metrics, broken, contract, len(labels)))
    found.statistics = _statistics(contract, metrics, len(labels))
    return found


def _shortfall(limit: MetricLimit, value: float) -> float:
    if limit.minimum is not None:
        return max(0.0, limit.minimum - value)
    return max(0.0, value - (limit.maximum or 0.0))


def _is_broken(limit: MetricLimit, measured: Interval) -> bool:
    if limit.minimum is not None:
        return measured.high < limit.minimum
    return limit.maximum is not None and measured.low > limit.maximum


def _description(limit: MetricLimit, measured: Interval, confidence: float) -> str:
    if limit.minimum is not None:
        return (
            f"{limit.metric} is {shown(measured.value)}, with {confidence:.0%} confidence below "
            f"{shown(measured.high)}; "
            f"the contract promises at least {limit.minimum:g}"
        )
    return (
        f"{limit.metric} is {shown(measured.value)}, with {confidence:.0%} confidence above {shown(measured.low)}; "
        f"the contract promises at most {limit.maximum:g}"
    )


def _table(metrics: dict[str, Interval], broken: set[str], contract: Contract, count: int) -> Table:
    limits, gates = {limit.metric: limit for limit in contract.gates.live}, contract.gates
    rows = tuple(
        (
            name.replace("_", " "),
            shown(measured.value),
            f"{shown(measured.low)} to {shown(measured.high)}",
            limits[name].bound if name in limits else "",
        )
        for name, measured in metrics.items()
    )
    return Table(
        f"Metrics of {count:,} labelled predictions",
        ("metric", "measured", "interval", "promised"),
        rows,
        frozenset(position for position, name in enumerate(metrics) if name in broken),
        f"Intervals cover {gates.confidence:.0%} (bootstrap). A promise is broken if the metric is on the wrong side "
        f"with {gates.live_confidence:.0%} confidence; the alarm requires it in several windows.",
    )


def _statistics(contract: Contract, metrics: dict[str, Interval], count: int) -> dict[str, Any]:
    """Return the metrics in Model Monitor's format, which the baseline has as well."""
    deviations = NormalDist().inv_cdf((1 + contract.gates.confidence) / 2)
    values = {
        name: {"value": one.value, "standard_deviation": (one.high - one.low) / 2 / deviations}
        for name, one in metrics.items()
    }
    return dict(quality_statistics(contract.label.problem, values, count))
