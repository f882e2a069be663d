"""Limits that a draft suggests, from what was seen and what the first model reached."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sagemaker_mlops.contract.gates import OF
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.limits import LOWER_IS_BETTER, MAY_BE_NEGATIVE, FairnessRate, MetricName
from sagemaker_mlops.contract.values import shown
from sagemaker_mlops.delivery.drafting.first_model import EXPECTED_SHARE, FirstModel
from sagemaker_mlops.runtime.intervals import Interval

# Below the lower end of the interval: the next training has other rows.
FLOOR_MARGIN, LIVE_MARGIN = 0.02, 0.03
PROMISED: dict[ProblemType, tuple[MetricName, ...]] = {
    "binary": ("roc_auc", "average_precision"),
    "multiclass": ("macro_roc_auc", "balanced_accuracy"),
    "regression": ("mean_absolute_error", "r2"),
}
NO_FLOOR: dict[ProblemType, float] = {"binary": 0.5, "multiclass": 0.05, "regression": -1.0}
# An error's limit is above what was measured by so many times the margin of a share.
ERROR_MARGINS, SHARE_OF_ERROR = 5, 0.1
MOST_DESCRIBED = 4
LOWEST_FLOOR = 0.05
LEAST_LOSS, UNMEASURED_LOSS = 0.02, 0.1
# A hold-out has fewer rows than were cross-validated, so its intervals are wider.
WIDER = 1 / math.sqrt(EXPECTED_SHARE)
GROUP_MARGIN, LEAST_DIFFERENCE = 0.05, 0.15
FEWEST_GROUP_ROWS, FEWEST_GROUP_POSITIVES = 20, 5
USUAL_GROUP_ROWS, USUAL_GROUP_POSITIVES = 50, 10
RATES: dict[ProblemType, tuple[FairnessRate, ...]] = {
    "binary": ("true_positive_rate", "false_positive_rate"),
    "multiclass": ("accuracy",),
    "regression": ("mean_absolute_error",),
}
LEAST_ROWS, SHARE_OF_ROWS = 50, 0.25


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
    """Return a floor below what a hold-out may measure, or for an error a limit above it.

    Beyond the interval by the margin, or by that part of the error; but at least by the interval of a hold-out, which
    has fewer rows than the cross-validation.
    """
    if metric in LOWER_IS_BETTER:
        worst = measured.value + WIDER * (measured.high - measured.value)
        return {"metric": metric, "maximum": rounded_up(max(worst, measured.high * (1 + ERROR_MARGINS * margin)))}
    worst = measured.value - WIDER * (measured.value - measured.low)
    floor = math.floor(min(worst, measured.low - margin) * 100) / 100
    return {"metric": metric, "minimum": floor if metric in MAY_BE_NEGATIVE else max(LOWEST_FLOOR, floor)}


def champion(problem: ProblemType, model: FirstModel | None) -> dict[str, Any]:
    """Return the rule that compares a challenger with the champion; a loss by chance on a hold-out is allowed."""
    metric = PROMISED[problem][0]
    if model is None:
        metric = "r2" if problem == "regression" else metric
        return {"metric": metric, "rule": "not_worse", "maximum_loss": UNMEASURED_LOSS}
    measured = model.metrics[metric]
    chance = WIDER * (measured.high - measured.low) / 2
    if problem == "regression":
        loss = rounded_up(max(measured.value * SHARE_OF_ERROR, chance))
    else:
        loss = min(1.0, math.ceil(max(LEAST_LOSS, chance) * 100) / 100)
    return {"metric": metric, "rule": "not_worse", "maximum_loss": loss}


def fairness_limits(problem: ProblemType, model: FirstModel | None) -> list[dict[str, Any]]:
    """Return the largest allowed difference of each rate: what was measured and a margin."""
    measured = dict.fromkeys(RATES[problem], 0.0)
    for one in model.differences if model else ():
        rate = one["rate"].partition(OF)[0]
        measured[rate] = max(measured[rate], one["difference"])
    if problem == "regression":
        usual = model.metrics["mean_absolute_error"].value if model else 1.0
        return [
            {"rate": rate, "maximum_difference": rounded_up(max(value * 1.2, usual / 2))}
            for rate, value in measured.items()
        ]
    return [{"rate": rate, "maximum_difference": _difference(value)} for rate, value in measured.items()]


def rounded_up(value: float) -> float:
    """Return a positive number rounded up to two digits; 0 becomes a very small limit."""
    if value <= 0:
        return 1e-6
    size = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / size - 1e-9) * size:.6g}")


def judgeable(
    group_rows: Sequence[int], group_positives: Sequence[int], rows: int, sample: int
) -> dict[str, int] | None:
    """Return how many rows and positives groups of a hold-out need so that two of them are judged, or None.

    Args:
        group_rows: rows of each group in a sample.
        group_positives: of these, rows of the rarer outcome; the rows themselves if no rate is about an outcome.
        rows: rows of all files.
        sample: rows of the sample.
    """
    scale = EXPECTED_SHARE * rows / sample
    second_rows = sorted((count * scale for count in group_rows), reverse=True)[1:2]
    second_positives = sorted((count * scale for count in group_positives), reverse=True)[1:2]
    if not second_rows or second_rows[0] < FEWEST_GROUP_ROWS or second_positives[0] < FEWEST_GROUP_POSITIVES:
        return None
    return {
        "minimum_rows": min(USUAL_GROUP_ROWS, int(second_rows[0])),
        "minimum_positives": min(USUAL_GROUP_POSITIVES, int(second_positives[0])),
    }


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
