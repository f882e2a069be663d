"""Read CSV and Parquet files as text columns, so that every wrong value can be found and numbered afterwards."""

import csv
from pathlib import Path

import polars as pl

TABLE_SUFFIXES = (".csv", ".parquet")


class UnreadableTable(ValueError):
    """The file is not a table; the message names no value from it, since any could be sensitive."""

    def __init__(self, rule: str, message: str, rows: tuple[int, ...] = (), column: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.column = column
        self.rows = rows


def read_text_table(path: Path) -> pl.DataFrame:
    """Read a file with every column as text; empty fields are null.

    Raises UnreadableTable for an empty file, something that is not CSV or Parquet, or rows of uneven length.
    """
    if path.stat().st_size == 0:
        raise UnreadableTable("empty_file", "expected a header and rows, found an empty file")
    table = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    if table.height == 0:
        raise UnreadableTable("empty_file", "expected rows below the header, found none")
    return table


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path)
    except Exception:
        # polars raises several unrelated classes here, and its messages may quote values.
        raise UnreadableTable("not_a_table", "expected a Parquet file, found something else") from None
    return table.select(_as_text(table[name]) for name in table.columns)


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype in (pl.Datetime, pl.Date):
        return column.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if column.dtype.is_float():
        # pandas writes whole numbers with gaps as floats; as text they are whole again
        text = column.cast(pl.String)
        return text.str.strip_suffix(".0")
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Duration, pl.Time, pl.Object):
        raise UnreadableTable("wrong_type", "expected numbers, texts, booleans or times", column=column.name)
    return column.cast(pl.String)


def _read_csv(path: Path) -> pl.DataFrame:
    try:
        _refuse_uneven_rows(path)
        return pl.read_csv(path, infer_schema=False)
    except (UnicodeDecodeError, csv.Error, pl.exceptions.PolarsError):
        raise UnreadableTable("not_a_table", "expected CSV text in UTF-8, found something else") from None


def _refuse_uneven_rows(path: Path) -> None:
    """Polars reads a short row as nulls and quotes a long one in its error; find both by number instead."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next(reader)
        if any("\x00" in name for name in header):
            raise UnreadableTable("not_a_table", "expected CSV text in UTF-8, found something else")
        if len(set(header)) < len(header):
            raise UnreadableTable("not_a_table", "expected every column once in the header, found one repeated")
        if not header:
            raise UnreadableTable("not_a_table", "expected the header in the first line, found a blank line")
        lengths = [len(row) for row in reader]
    blank = tuple(number for number, length in enumerate(lengths, start=1) if length == 0)
    if blank:
        raise UnreadableTable("blank_line", "expected no blank lines", blank)
    uneven = tuple(number for number, length in enumerate(lengths, start=1) if length != len(header))
    if uneven:
        raise UnreadableTable("uneven_rows", f"expected {len(header)} fields in every row", uneven)
