"""Exact counts of a column for statistics and drift tests, added piece by piece in constant memory.

The distribution of numbers is counted at the points of the baseline's sample. The two-sample Kolmogorov-Smirnov
distance needs no more: between two neighboring points of one sample, it is largest at one of the two points.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sagemaker_mlops.contract.baseline_documents import ColumnStatistics

Values = NDArray[np.float64]
Counts = NDArray[np.int64]
SORT_CHUNK_VALUES = 262_144  # number of values that fit into the processor's cache
MAXIMUM_CATEGORIES = 1000  # limits memory, because requests may contain any text; further categories count as "(other)"


@dataclass(frozen=True)
class NumericBaseline:
    """Baseline of a numeric column: number of values, a sorted sample of them, and a histogram."""

    rows: int
    points: Values
    edges: Values
    bucket_counts: Counts

    @property
    def cumulative_shares(self) -> Values:
        """Share of the sample (0 to 1) at or below each distinct point."""
        return np.searchsorted(self.points, self.distinct, side="right") / max(1, len(self.points))

    @property
    def distinct(self) -> Values:
        """Distinct points of the sample, sorted."""
        return np.unique(self.points)


@dataclass(frozen=True)
class CategoryBaseline:
    """Baseline of a column with categories: the count of each category."""

    counts: dict[str, int]

    @property
    def rows(self) -> int:
        """Number of values that were not missing."""
        return sum(self.counts.values())


Baseline = NumericBaseline | CategoryBaseline


def baseline_of(feature: ColumnStatistics) -> Baseline | None:
    """Return the baseline in a feature's entry of `statistics.json`, or None for a column without values."""
    numbers = feature.get("numerical_statistics")
    if numbers is None:
        buckets = feature["string_statistics"]["distribution"]["categorical"]["buckets"]
        return CategoryBaseline({bucket["value"]: bucket["count"] for bucket in buckets}) if buckets else None
    if "distribution" not in numbers:
        return None
    kll = numbers["distribution"]["kll"]
    points = np.sort(np.asarray(kll["sketch"]["data"][0], dtype=np.float64))
    edges = [kll["buckets"][0]["lower_bound"], *(bucket["upper_bound"] for bucket in kll["buckets"])]
    counts = np.asarray([bucket["count"] for bucket in kll["buckets"]], dtype=np.int64)
    return NumericBaseline(numbers["common"]["num_present"], points, np.asarray(edges), counts)


@dataclass
class NumericTally:
    """Counts of a numeric column, optionally compared with a baseline.

    `below` and `through` are the numbers of values below, and at or below, each distinct point of the baseline;
    `bucket_counts` are the counts in the baseline's histogram buckets.
    """

    name: str
    baseline: NumericBaseline | None = None
    present: int = 0
    missing: int = 0
    mean: float = 0.0
    squared_deviations: float = 0.0
    minimum: float = float("inf")
    maximum: float = float("-inf")
    below: Counts = field(init=False)
    through: Counts = field(init=False)
    bucket_counts: Counts = field(init=False)

    def __post_init__(self) -> None:
        self._points = self.baseline.distinct if self.baseline else np.empty(0)
        self._inner_edges = self.baseline.edges[1:-1] if self.baseline else np.empty(0)
        self.below, self.through = (np.zeros(len(self._points), dtype=np.int64) for _ in range(2))
        self.bucket_counts = np.zeros(len(self._inner_edges) + 1, dtype=np.int64)

    def add(self, column: pl.Series) -> None:
        """Add a piece of the column to the counts; null and NaN count as missing."""
        numbers = column.drop_nulls().cast(pl.Float64).drop_nans()
        self.missing += len(column) - len(numbers)
        if len(numbers) == 0:
            return
        values = numbers.to_numpy()
        self._add_moments(values)
        for start in range(0, len(values), SORT_CHUNK_VALUES):
            self._add_sorted(np.sort(values[start : start + SORT_CHUNK_VALUES]))

    def _add_moments(self, values: Values) -> None:
        """Update mean and squared deviations by the algorithm of Chan, Golub and LeVeque.

        A plain sum of squares loses all precision if values are large and close together.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float((values / len(values)).sum())
            squared = float(np.square(values - mean).sum())
        total, delta = self.present + len(values), mean - self.mean
        self.squared_deviations += squared + delta * delta * (self.present * len(values) / total)
        self.mean += delta * (len(values) / total)
        self.present = total

    def _add_sorted(self, ordered: Values) -> None:
        self.minimum, self.maximum = min(self.minimum, float(ordered[0])), max(self.maximum, float(ordered[-1]))
        self.below += np.searchsorted(ordered, self._points, side="left")
        self.through += np.searchsorted(ordered, self._points, side="right")
        ends = np.searchsorted(ordered, self._inner_edges, side="left")
        self.bucket_counts += np.diff(ends, prepend=0, append=len(ordered))

    @property
    def deviation(self) -> float:
        """Population standard deviation of the values; infinite if it is too large for a float."""
        return math.sqrt(self.squared_deviations / self.present) if self.present else 0.0


@dataclass
class CategoryTally:
    """Counts of a column with categories."""

    name: str
    baseline: CategoryBaseline | None = None
    missing: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def present(self) -> int:
        """Number of values that were not missing."""
        return sum(self.counts.values())

    def add(self, column: pl.Series) -> None:
        """Add a piece of the column to the counts."""
        self.missing += column.null_count()
        counted = column.drop_nulls().alias("value").value_counts(name="count")
        for value, count in counted.rows():
            name = str(value).lower() if isinstance(value, bool) else str(value)
            name = name if name in self.counts or len(self.counts) < MAXIMUM_CATEGORIES else "(other)"
            self.counts[name] = self.counts.get(name, 0) + count


Tally = NumericTally | CategoryTally


def tally_of(name: str, data_type: pl.DataType, baseline: Baseline | None) -> Tally:
    """Return an empty tally for a column; a baseline that does not match the column's type is ignored."""
    if data_type.is_numeric():
        return NumericTally(name, baseline if isinstance(baseline, NumericBaseline) else None)
    return CategoryTally(name, baseline if isinstance(baseline, CategoryBaseline) else None)
