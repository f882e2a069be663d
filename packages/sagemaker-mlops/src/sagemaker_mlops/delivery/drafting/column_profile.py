"""Profile of every column of data files, in memory that does not grow with the number of rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from sagemaker_mlops.contract.data_checks import parse_times
from sagemaker_mlops.contract.values import BOOLEAN_TEXTS, NUMBER_TEXT
from sagemaker_mlops.delivery.drafting.text_files import text_batches
from sagemaker_mlops.delivery.errors import DeliveryError

MOST_DISTINCT = 1000
SAMPLE_ROWS, SEED = 20_000, 20_250_701
# Columns of which every value is remembered, as a hash of eight bytes, to find out whether each occurs once.
MOST_UNIQUE_COLUMNS = 20
RANDOM = "__random"
# Only columns with such a text are parsed as times, which takes longer.
TIME_BEGIN = r"^\d{4}-\d{2}-\d{2}"


@dataclass
class ColumnProfile:
    """What was seen of one column. Counts are of rows with a value, except `rows` and `missing`.

    `values` has the count of each value, or is None if there are more than MOST_DISTINCT. `is_unique` is
    looked for in texts and whole numbers, and in at most MOST_UNIQUE_COLUMNS columns.
    """

    name: str
    rows: int = 0
    missing: int = 0
    largest_missing_share: float = 0.0
    numbers: int = 0
    whole_numbers: int = 0
    leading_zeros: int = 0
    decimal_commas: int = 0
    booleans: int = 0
    times: int = 0
    lowest: float = np.inf
    highest: float = -np.inf
    values: dict[str, int] | None = field(default_factory=dict)
    is_unique: bool = False

    @property
    def present(self) -> int:
        """Number of rows with a value."""
        return self.rows - self.missing

    @property
    def distinct(self) -> int | None:
        """Number of different values, or None if there are more than MOST_DISTINCT."""
        return None if self.values is None else len(self.values)


@dataclass(frozen=True)
class DataProfile:
    """Profiles of all columns, in the order of the first file, and a random sample of the rows as text."""

    rows: int
    columns: dict[str, ColumnProfile]
    sample: pl.DataFrame


class _Uniqueness:
    """Hashes of the values of columns that may be unique."""

    def __init__(self) -> None:
        self._hashes: dict[str, list[np.ndarray]] = {}
        self._lost: set[str] = set()

    def add(self, column: pl.Series, is_candidate: bool) -> None:
        name = column.name
        if name in self._lost:
            return
        is_new = name not in self._hashes
        if not is_candidate or column.is_duplicated().any() or (is_new and len(self._hashes) >= MOST_UNIQUE_COLUMNS):
            self._lost.add(name)
            self._hashes.pop(name, None)
            return
        self._hashes.setdefault(name, []).append(column.hash(seed=SEED).to_numpy())

    def is_unique(self, name: str) -> bool:
        if name not in self._hashes:
            return False
        together = np.concatenate(self._hashes[name])
        return len(np.unique(together)) == len(together)


def profile_files(paths: Iterable[Path]) -> DataProfile:
    """Profile the columns of files that have the same columns.

    Raises:
        DeliveryError: a file cannot be read, has no rows, or has other columns than the first.
    """
    columns: dict[str, ColumnProfile] = {}
    uniqueness, generator, sample = _Uniqueness(), np.random.default_rng(SEED), pl.DataFrame()
    for path in paths:
        before = {name: (column.rows, column.missing) for name, column in columns.items()}
        for batch in text_batches(path):
            if not columns:
                columns = {name: ColumnProfile(name) for name in batch.columns}
            _refuse_other_columns(path, batch.columns, list(columns))
            _add_batch(columns, batch, uniqueness)
            drawn = batch.select(list(columns)).with_columns(pl.Series(RANDOM, generator.random(batch.height)))
            sample = pl.concat([sample, drawn]) if sample.width else drawn
            sample = sample.bottom_k(SAMPLE_ROWS, by=RANDOM)
        _refuse_no_rows(path, columns, before)
        _note_missing_share(columns, before)
    for column in columns.values():
        column.is_unique = uniqueness.is_unique(column.name)
    return DataProfile(next(iter(columns.values())).rows, columns, sample.drop(RANDOM))


def _refuse_other_columns(path: Path, found: list[str], expected: list[str]) -> None:
    missing, more = set(expected) - set(found), set(found) - set(expected)
    if missing or more:
        parts = [f"no {', '.join(sorted(missing))}"] if missing else []
        parts += [f"also {', '.join(sorted(more))}"] if more else []
        raise DeliveryError(f"{path.name}: expected the columns of the first file, found {' and '.join(parts)}")


def _refuse_no_rows(path: Path, columns: dict[str, ColumnProfile], before: dict[str, tuple[int, int]]) -> None:
    if not any(column.rows > before.get(column.name, (0, 0))[0] for column in columns.values()):
        raise DeliveryError(f"{path.name}: expected rows below the header, found none")


def _note_missing_share(columns: dict[str, ColumnProfile], before: dict[str, tuple[int, int]]) -> None:
    for column in columns.values():
        rows, missing = before.get(column.name, (0, 0))
        share = (column.missing - missing) / (column.rows - rows)
        column.largest_missing_share = max(column.largest_missing_share, share)


def _add_batch(columns: dict[str, ColumnProfile], batch: pl.DataFrame, uniqueness: _Uniqueness) -> None:
    names = list(columns)
    measured = [
        measure.alias(f"{position} {key}")
        for position, name in enumerate(names)
        for key, measure in _measures(pl.col(name)).items()
    ]
    found = batch.select(measured).row(0, named=True)
    for position, name in enumerate(names):
        column = columns[name]
        column.rows += batch.height
        for key in ("missing", "numbers", "whole_numbers", "leading_zeros", "decimal_commas", "booleans"):
            setattr(column, key, getattr(column, key) + found[f"{position} {key}"])
        if found[f"{position} possible_times"]:
            column.times += parse_times(batch[name]).count()
        if found[f"{position} numbers"]:
            column.lowest = min(column.lowest, found[f"{position} lowest"])
            column.highest = max(column.highest, found[f"{position} highest"])
        _add_values(column, batch[name], found[f"{position} distinct"])
        uniqueness.add(batch[name], column.missing == 0 and column.numbers == column.whole_numbers)


def _measures(text: pl.Expr) -> dict[str, pl.Expr]:
    is_number = text.str.contains(f"^(?:{NUMBER_TEXT})$")
    number = pl.when(is_number).then(text).cast(pl.Float64, strict=False)
    finite = pl.when(number.is_finite()).then(number)
    return {
        "missing": text.null_count(),
        "numbers": finite.count(),
        "whole_numbers": (finite == finite.floor()).sum(),
        "leading_zeros": text.str.contains(r"^0\d").sum(),
        "decimal_commas": text.str.contains(r"^[+-]?\d+,\d+$").sum(),
        "booleans": text.str.to_lowercase().is_in(list(BOOLEAN_TEXTS)).sum(),
        "possible_times": text.str.contains(TIME_BEGIN).sum(),
        "lowest": finite.min(),
        "highest": finite.max(),
        "distinct": text.approx_n_unique(),
    }


def _add_values(column: ColumnProfile, text: pl.Series, about_distinct: int) -> None:
    if column.values is None:
        return
    if about_distinct > 2 * MOST_DISTINCT:
        column.values = None
        return
    for value, count in text.drop_nulls().value_counts().iter_rows():
        column.values[value] = column.values.get(value, 0) + count
    if len(column.values) > MOST_DISTINCT:
        column.values = None
