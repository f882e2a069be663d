"""Drift tests: distance of columns from their baseline, and its statistical significance.

A column has drifted if its distance is at least the contract's minimum effect and is significant. Both conditions are
needed: with many rows every difference is significant, and with few rows large distances occur by chance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from sagemaker_mlops.contract.limits import Drift
from sagemaker_mlops.runtime.tallies import CategoryTally, NumericTally, Tally

MINIMUM_ROWS = 50
# Cochran's rule for the chi-squared test: W. G. Cochran, Some Methods for Strengthening the Common Chi-Squared Tests,
# Biometrics 10, 1954.
MINIMUM_EXPECTED = 5.0


@dataclass(frozen=True)
class ColumnDrift:
    """Distance (0 to 1) of a column from its baseline, and the p-value of the distance.

    Numbers: Kolmogorov-Smirnov distance and test. Categories: total variation distance, with a chi-squared test.
    `judge` corrects `p_value` for the number of columns and sets `drifted`.
    """

    name: str
    distance: float
    p_value: float
    rows: int
    drifted: bool = False


def column_drift(tally: Tally) -> ColumnDrift | None:
    """Compare a column with its baseline.

    Returns:
        The drift, not yet corrected for the number of columns, or None if there is no baseline or either side has
        fewer than MINIMUM_ROWS values.
    """
    if tally.baseline is None or min(tally.present, tally.baseline.rows) < MINIMUM_ROWS:
        return None
    distance, p_value = _numeric(tally) if isinstance(tally, NumericTally) else _categorical(tally)
    return ColumnDrift(tally.name, distance, p_value, tally.present)


def column_distance(tally: Tally) -> float | None:
    """Return the distance of a column from its baseline, or None without rows or baseline."""
    if tally.baseline is None or tally.present == 0:
        return None
    return _ks_distance(tally) if isinstance(tally, NumericTally) else _total_variation(tally)


def judge(drifts: Iterable[ColumnDrift], limits: Drift) -> list[ColumnDrift]:
    """Correct p-values for the number of columns, set `drifted`, and sort by decreasing distance.

    The correction of Holm (1979) keeps the probability of any false alarm at or below `limits.significance`.

    Args:
        drifts: the uncorrected drifts of all tested columns.
        limits: the thresholds of the contract.
    """
    ordered = sorted(drifts, key=lambda drift: drift.p_value)
    judged, worst = [], 0.0
    for position, drift in enumerate(ordered):
        worst = max(worst, min(1.0, drift.p_value * (len(ordered) - position)))
        drifted = worst < limits.significance and drift.distance >= limits.minimum_effect
        judged.append(ColumnDrift(drift.name, drift.distance, worst, drift.rows, drifted))
    return sorted(judged, key=lambda drift: -drift.distance)


def _numeric(tally: NumericTally) -> tuple[float, float]:
    """Return distance and p-value of the two-sample Kolmogorov-Smirnov test.

    The p-value is asymptotic, which is conservative for ties.
    """
    if tally.baseline is None:
        raise ValueError(f"{tally.name} has no baseline")
    distance = _ks_distance(tally)
    size = tally.present * tally.baseline.rows / (tally.present + tally.baseline.rows)
    return distance, float(special.kolmogorov(np.sqrt(size) * distance))


def _ks_distance(tally: NumericTally) -> float:
    if tally.baseline is None:
        raise ValueError(f"{tally.name} has no baseline")
    expected = tally.baseline.cumulative_shares
    at_points = np.abs(tally.through / tally.present - expected)
    before_points = np.abs(tally.below / tally.present - np.concatenate([[0.0], expected[:-1]]))
    return float(max(at_points.max(), before_points.max()))


def _categorical(tally: CategoryTally) -> tuple[float, float]:
    pooled = _pooled(tally)
    if pooled.shape[1] < 2:
        return _total_variation(tally), 1.0
    return _total_variation(tally), _chi_squared_p_value(pooled)


def _chi_squared_p_value(table: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the p-value of scipy.stats.chi2_contingency without correction.

    scipy.stats is not used, because it takes a second to import.
    """
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(special.chdtrc(freedom, ((table - expected) ** 2 / expected).sum()))


def _pooled(tally: CategoryTally) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the counts of baseline and window by category, with rare categories merged into one."""
    table = _table(tally)
    totals = table.sum(axis=1, keepdims=True)
    smallest = (table.sum(axis=0) * totals.min() / totals.sum()) < MINIMUM_EXPECTED
    columns = [table[:, ~smallest], table[:, smallest].sum(axis=1, keepdims=True)]
    pooled = np.concatenate(columns, axis=1)
    return pooled[:, pooled.sum(axis=0) > 0]


def _table(tally: CategoryTally) -> np.ndarray[Any, np.dtype[np.float64]]:
    known = tally.baseline.counts if tally.baseline else {}
    names: Sequence[str] = sorted(known.keys() | tally.counts.keys())
    counts = [[known.get(name, 0), tally.counts.get(name, 0)] for name in names]
    return np.array(counts, dtype=float).reshape(-1, 2).T


def _total_variation(tally: CategoryTally) -> float:
    table = _table(tally)
    shares = table / table.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
