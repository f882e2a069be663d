"""Distance of a table from a baseline profile, per feature."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy import stats


@dataclass(frozen=True)
class Shift:
    """Distance (0 to 1) of one column from the baseline.

    Numbers: the Kolmogorov-Smirnov distance. Categories: the total variation distance.
    """

    name: str
    distance: float

    def as_dict(self) -> dict[str, Any]:
        """The shift as JSON-ready values."""
        return asdict(self)


def shifts_from(baseline: dict[str, Any], table: pl.DataFrame) -> list[Shift]:
    """Return the shift of every column that is in the baseline and the table; empty columns have none."""
    shifts = []
    for feature in baseline["features"]:
        name = feature["name"]
        if name in table.columns and table[name].null_count() < table.height:
            distance = _distance(feature, table[name].drop_nulls())
            if distance is not None:
                shifts.append(Shift(name, distance))
    return shifts


def _distance(feature: dict[str, Any], column: pl.Series) -> float | None:
    numbers = feature.get("numerical_statistics")
    if numbers is not None:
        if "distribution" not in numbers or not column.dtype.is_numeric():
            return None
        sample = np.asarray(numbers["distribution"]["kll"]["sketch"]["data"][0])
        return float(stats.ks_2samp(sample, column.to_numpy(), method="asymp").statistic)
    buckets = feature["string_statistics"]["distribution"]["categorical"]["buckets"]
    return _total_variation({bucket["value"]: bucket["count"] for bucket in buckets}, column.cast(pl.String))


def _total_variation(expected: dict[str, int], column: pl.Series) -> float:
    found: dict[str, int] = dict(column.alias("value").value_counts(name="count").rows())
    expected_total, found_total = sum(expected.values()), sum(found.values())
    if expected_total == 0:
        return 0.0
    names = expected.keys() | found.keys()
    return sum(abs(expected.get(n, 0) / expected_total - found.get(n, 0) / found_total) for n in names) / 2.0
