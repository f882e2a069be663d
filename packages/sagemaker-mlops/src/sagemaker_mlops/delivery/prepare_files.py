"""Preparation of a team's files for training: commas and UTF-8, an id and a time in every row, one file per month.

A training needs both columns: the id decides which rows are held out, the time which month a row belongs to.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from sagemaker_mlops.contract.data_checks import parse_times
from sagemaker_mlops.contract.data_files import UnreadableTable, as_text
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.table_files import require_table_file

RECORD_ID, EVENT_TIME = "record_id", "event_time"
HASH_SEED = 20_250_701
MONTH = "__month"
MADE_UP_MONTHS = 6


@dataclass(frozen=True)
class Format:
    """How CSV files are written, and what their columns are called.

    `time_format` is a format of strptime for times that are not ISO 8601; empty for those that are. Rows without a
    value in a `required` column are left out.
    """

    separator: str = ","
    encoding: str = "utf-8-sig"
    record_id: str = ""
    event_time: str = ""
    time_format: str = ""
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """Files that were written, and what was added to the rows."""

    files: tuple[Path, ...]
    rows: int
    added: tuple[str, ...]
    left_out: int = 0


def months_until(last: date) -> tuple[date, date]:
    """Return the first days of the first and the last of MADE_UP_MONTHS months that end with a day's month."""
    at = last.year * 12 + last.month - MADE_UP_MONTHS
    return date(at // 12, at % 12 + 1, 1), last.replace(day=1)


def prepare(paths: Sequence[Path], output: Path, format: Format, months: tuple[date, date]) -> Prepared:
    """Write the rows of files as one CSV file per month, with an id and a time in each row.

    An id that is made depends on nothing but the row, and on how many equal ones are before it: the same rows get the
    same ids again. A time that is made depends on the row alone, too: files are often sorted by what is to be
    predicted, and in their order the months would differ in it.

    Args:
        paths: CSV or Parquet files with the same columns.
        output: folder to write to; files of the same months are replaced.
        format: format of the files, and names of their id and their time, empty if they have none.
        months: first day of the first and of the last month, for times that are made.

    Raises:
        DeliveryError: a file cannot be read, has other columns than the first, or lacks a column that was named.
    """
    table = pl.concat(_same_columns(paths, [_read(path, format) for path in paths]))
    for name in format.required:
        if name not in table.columns:
            raise DeliveryError(f"expected one of the columns {', '.join(table.columns)}; found {name}")
    complete = table.drop_nulls(format.required) if format.required else table
    left_out, table = table.height - complete.height, complete
    added = []
    for name, new in ((format.record_id, RECORD_ID), (format.event_time, EVENT_TIME)):
        if name and name not in table.columns:
            raise DeliveryError(f"expected one of the columns {', '.join(table.columns)}; found {name}")
        if not name and new in table.columns:
            raise DeliveryError(f"the files have a column {new} already; name it: --{new.replace('_', '-')} {new}")
        added += [] if name else [new]
    table = table if format.record_id else table.insert_column(0, _ids(table))
    table = _with_times(table, format) if format.event_time else table.insert_column(1, _times(table, months))
    return Prepared(tuple(_write(table, format.event_time or EVENT_TIME, output)), table.height, tuple(added), left_out)


def _read(path: Path, format: Format) -> pl.DataFrame:
    require_table_file(path)
    try:
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            return _bare(table.select(as_text(table[name]) for name in table.columns))
        text = path.read_text(encoding=format.encoding)
        return _bare(pl.read_csv(io.StringIO(text), separator=format.separator, infer_schema=False))
    except LookupError:
        raise DeliveryError(f"expected an encoding that Python knows, found {format.encoding}") from None
    except UnicodeDecodeError:
        raise DeliveryError(
            f"{path.name}: expected text in {format.encoding.removesuffix('-sig')}; name another: --encoding latin1"
        ) from None
    except UnreadableTable as error:
        raise DeliveryError(f"{path.name}: {error.column}: {error}") from None
    except pl.exceptions.PolarsError:
        raise DeliveryError(
            f"{path.name}: expected CSV with a header and as many fields in every row, separated by "
            f"{format.separator!r}; name another: --separator ';'"
        ) from None


def _bare(table: pl.DataFrame) -> pl.DataFrame:
    """Return texts without blanks around them, and nothing in place of empty ones."""
    bare = table.select(pl.all().str.strip_chars())
    return bare.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _same_columns(paths: Sequence[Path], tables: Sequence[pl.DataFrame]) -> Sequence[pl.DataFrame]:
    for path, table in zip(paths, tables, strict=True):
        if set(table.columns) != set(tables[0].columns):
            differing = sorted(set(table.columns) ^ set(tables[0].columns))
            raise DeliveryError(f"{path.name}: expected the columns of {paths[0].name}; differing: {differing[:5]}")
    return [table.select(tables[0].columns) for table in tables]


def _ids(table: pl.DataFrame) -> pl.Series:
    hashes = table.hash_rows(seed=HASH_SEED)
    numbers = pl.DataFrame({"hash": hashes}).select(pl.int_range(pl.len()).over("hash")).to_series()
    pairs = zip(hashes.to_list(), numbers.to_list(), strict=True)
    return pl.Series(RECORD_ID, [f"row-{number:016x}-{repeat}" for number, repeat in pairs], dtype=pl.String)


def _times(table: pl.DataFrame, months: tuple[date, date]) -> pl.Series:
    first, last = months
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if count < 1:
        raise DeliveryError(f"expected --from before --to, found {first:%Y-%m} and {last:%Y-%m}")
    number = table.hash_rows(seed=HASH_SEED + 1) % count
    begin = first.year * 12 + first.month - 1
    starts = pl.Series([date(at // 12, at % 12 + 1, 1) for at in range(begin, begin + count)])
    return starts.gather(number).dt.strftime("%Y-%m-%dT00:00:00Z").alias(EVENT_TIME)


def _with_times(table: pl.DataFrame, format: Format) -> pl.DataFrame:
    text, name = table[format.event_time].str.strip_chars(), format.event_time
    times = text.str.to_datetime(format.time_format, strict=False) if format.time_format else parse_times(text)
    wrong = (times.is_null().arg_true() + 1).head(5).to_list()
    if wrong:
        expected = format.time_format or "2025-07-31T12:00:00Z"
        raise DeliveryError(
            f"{name}: expected a time such as {expected} in every row, found others in rows {wrong}; "
            "name their format: --time-format '%d/%m/%Y'"
        )
    return table.with_columns(times.dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias(name))


def _write(table: pl.DataFrame, event_time: str, output: Path) -> list[Path]:
    output.mkdir(parents=True, exist_ok=True)
    written = []
    by_month = table.with_columns(pl.col(event_time).str.slice(0, 7).alias(MONTH))
    for (month,), rows in sorted(by_month.partition_by(MONTH, as_dict=True, include_key=False).items()):
        written.append(output / f"{month}.csv")
        rows.write_csv(written[-1])
    return written
