"""Limits that a draft suggests, from what was seen and what the first model reached."""

import math
from collections.abc import Iterable
from typing import Any

from sagemaker_mlops.contract.gates import OF
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.limits import LOWER_IS_BETTER, FairnessRate, MetricName
from sagemaker_mlops.contract.values import shown
from sagemaker_mlops.delivery.drafting.first_model import FirstModel
from sagemaker_mlops.runtime.intervals import Interval

# Below the lower end of the interval: the next training has other rows.
FLOOR_MARGIN, LIVE_MARGIN = 0.02, 0.03
PROMISED: dict[ProblemType, tuple[MetricName, ...]] = {
    "binary": ("roc_auc", "average_precision"),
    "multiclass": ("macro_roc_auc", "balanced_accuracy"),
    "regression": ("mean_absolute_error", "r2"),
}
NO_FLOOR: dict[ProblemType, float] = {"binary": 0.5, "multiclass": 0.5, "regression": 0.0}
# An error's limit is above what was measured by so many times the margin of a share.
ERROR_MARGINS, SHARE_OF_ERROR = 5, 0.1
MOST_DESCRIBED = 4
LOWEST_FLOOR = 0.05
GROUP_MARGIN, LEAST_DIFFERENCE = 0.1, 0.15
RATES: dict[ProblemType, tuple[FairnessRate, ...]] = {
    "binary": ("true_positive_rate", "false_positive_rate"),
    "multiclass": ("accuracy",),
    "regression": ("mean_absolute_error",),
}
LEAST_ROWS, SHARE_OF_ROWS = 100, 0.25


def gates(problem: ProblemType, model: FirstModel | None) -> dict[str, Any]:
    """Return the metric floors. Without a first model there is one that every model passes."""
    first = PROMISED[problem][0]
    if model is None:
        metric = "r2" if problem == "regression" else first
        return {name: [{"metric": metric, "minimum": NO_FLOOR[problem]}] for name in ("registration", "live")}
    return {
        "registration": [_limit(name, model.metrics[name], FLOOR_MARGIN) for name in PROMISED[problem]],
        "live": [_limit(first, model.metrics[first], FLOOR_MARGIN + LIVE_MARGIN)],
    }


def _limit(metric: str, measured: Interval, margin: float) -> dict[str, Any]:
    """Return a floor below the interval, or for an error a limit above it: by the margin, or that part of the error."""
    if metric in LOWER_IS_BETTER:
        return {"metric": metric, "maximum": rounded_up(measured.high * (1 + ERROR_MARGINS * margin))}
    lowest = max(LOWEST_FLOOR, math.floor((measured.low - margin) * 100) / 100)
    return {"metric": metric, "minimum": lowest}


def champion(problem: ProblemType, model: FirstModel | None) -> dict[str, Any]:
    """Return the rule that compares a challenger with the champion."""
    metric = PROMISED[problem][0]
    if problem != "regression":
        return {"metric": metric, "rule": "not_worse", "maximum_loss": 0.02}
    if model is None:
        return {"metric": "r2", "rule": "not_worse", "maximum_loss": 0.02}
    return {
        "metric": metric,
        "rule": "not_worse",
        "maximum_loss": rounded_up(model.metrics[metric].value * SHARE_OF_ERROR),
    }


def fairness_limits(problem: ProblemType, model: FirstModel | None) -> list[dict[str, Any]]:
    """Return the largest allowed difference of each rate: what was measured and a margin."""
    measured = dict.fromkeys(RATES[problem], 0.0)
    for one in model.differences if model else ():
        rate = one["rate"].partition(OF)[0]
        measured[rate] = max(measured[rate], one["difference"])
    if problem == "regression":
        usual = model.metrics["mean_absolute_error"].value if model else 1.0
        return [
            {"rate": rate, "maximum_difference": rounded_up(max(value * 1.5, usual / 2))}
            for rate, value in measured.items()
        ]
    return [{"rate": rate, "maximum_difference": _difference(value)} for rate, value in measured.items()]


def rounded_up(value: float) -> float:
    """Return a positive number rounded up to two digits; 0 becomes a very small limit."""
    if value <= 0:
        return 1e-6
    size = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / size - 1e-9) * size:.6g}")


def _difference(measured: float) -> float:
    return min(1.0, max(LEAST_DIFFERENCE, math.ceil((measured + GROUP_MARGIN) * 20) / 20))


def minimum_rows(rows: int) -> int:
    """Return a quarter of the rows, rounded down to one digit."""
    wanted = max(LEAST_ROWS, int(rows * SHARE_OF_ROWS))
    size: int = 10 ** (len(str(wanted)) - 1)
    return min(rows, wanted // size * size)


def duplicate_fraction(shares: Iterable[float]) -> float:
    """Return the share of repeated rows to allow: the largest that was seen, half as much again, and a percent."""
    return min(1.0, math.ceil((max(shares, default=0.0) * 1.5 + 0.01) * 100) / 100)


def describe(model: FirstModel | None) -> list[str]:
    """Return what the first model reached, a line per metric."""
    if model is None:
        return ["no first model: too few rows of one outcome, so the floors are ones that every model passes"]
    begin = f"cross-validated on {model.rows:,} rows: {model.outcomes}"
    return [begin, *(_described(name, measured) for name, measured in list(model.metrics.items())[:MOST_DESCRIBED])]


def _described(name: str, interval: Interval) -> str:
    return f"{name.replace('_', ' ')} {shown(interval.value)} ({shown(interval.low)} to {shown(interval.high)})"
