"""Limits that a draft suggests, from what was seen and what the first model reached."""

import math
from collections.abc import Iterable
from typing import Any

from sagemaker_mlops.delivery.drafting.first_model import FirstModel
from sagemaker_mlops.runtime.intervals import Interval

# Below the lower end of the interval: the next training has other rows.
FLOOR_MARGIN, LIVE_MARGIN = 0.02, 0.03
PROMISED = ("roc_auc", "average_precision")
LOWEST_FLOOR = 0.05
GROUP_MARGIN, LEAST_DIFFERENCE = 0.1, 0.15
RATES = ("true_positive_rate", "false_positive_rate")
LEAST_ROWS, SHARE_OF_ROWS = 100, 0.25


def gates(model: FirstModel | None) -> dict[str, Any]:
    """Return the metric floors. Without a first model there is one that every model passes."""
    if model is None:
        return {name: [{"metric": "roc_auc", "minimum": 0.5}] for name in ("registration", "live")}
    floors = {name: _down(model.metrics[name].low - FLOOR_MARGIN) for name in PROMISED}
    return {
        "registration": [{"metric": name, "minimum": floor} for name, floor in floors.items()],
        "live": [{"metric": "roc_auc", "minimum": _down(floors["roc_auc"] - LIVE_MARGIN)}],
    }


def fairness_limits(model: FirstModel | None) -> list[dict[str, Any]]:
    """Return the largest allowed difference of each rate: what was measured and a margin."""
    measured = dict.fromkeys(RATES, 0.0)
    for one in model.differences if model else ():
        measured[one["rate"]] = max(measured[one["rate"]], one["difference"])
    return [{"rate": rate, "maximum_difference": _difference(value)} for rate, value in measured.items()]


def _difference(measured: float) -> float:
    return min(1.0, max(LEAST_DIFFERENCE, math.ceil((measured + GROUP_MARGIN) * 20) / 20))


def _down(value: float) -> float:
    return max(LOWEST_FLOOR, math.floor(value * 100) / 100)


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
    begin = f"cross-validated on {model.rows:,} rows, {model.positives:,} of them positive"
    return [begin, *(_described(name, model.metrics[name]) for name in (*PROMISED, "recall", "precision"))]


def _described(name: str, interval: Interval) -> str:
    return f"{name.replace('_', ' ')} {interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
