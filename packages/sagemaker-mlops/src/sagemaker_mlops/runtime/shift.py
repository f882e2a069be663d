"""Distance of each column of a table from a baseline profile."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from sagemaker_mlops.contract.baseline_documents import StatisticsDocument
from sagemaker_mlops.runtime.drift import column_distance
from sagemaker_mlops.runtime.tallies import baseline_of, tally_of


@dataclass(frozen=True)
class Shift:
    """Distance (0 to 1) of one column from the baseline."""

    name: str
    distance: float

    def as_dict(self) -> dict[str, Any]:
        """Return the shift as JSON-serializable values."""
        return asdict(self)


def shifts_from(baseline: StatisticsDocument, table: pl.DataFrame) -> list[Shift]:
    """Return the shift of each column that has values in both the baseline and the table.

    Args:
        baseline: the content of a `statistics.json`.
        table: the typed table to compare with it.
    """
    shifts = []
    for feature in baseline["features"]:
        if feature["name"] in table.columns:
            column = table[feature["name"]]
            tally = tally_of(feature["name"], column.dtype, baseline_of(feature))
            tally.add(column)
            distance = column_distance(tally)
            if distance is not None:
                shifts.append(Shift(feature["name"], distance))
    return shifts
