"""Reader for CSV and Parquet files.

It returns every column as text, so that the checks can locate each wrong value.
"""

import csv
from pathlib import Path

import polars as pl

TABLE_SUFFIXES = (".csv", ".parquet")


class UnreadableTable(ValueError):
    """The file cannot be read as a table.

    The message quotes no value from the file, because values can be sensitive.
    """

    def __init__(self, rule: str, message: str, rows: tuple[int, ...] = (), column: str | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.column = column
        self.rows = rows


def read_text_table(path: Path) -> pl.DataFrame:
    """Read a CSV or Parquet file with every column as text; empty fields are null.

    Raises:
        UnreadableTable: if the file is empty, is neither CSV nor Parquet, has blank lines or an invalid header, or has
            rows of different lengths.
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
        # polars raises several unrelated exception classes here, and its messages may quote values.
        raise UnreadableTable("not_a_table", "expected a Parquet file, found something else") from None
    return table.select(as_text(table[name]) for name in table.columns)


def as_text(column: pl.Series) -> pl.Series:
    """Return a column as text, as a CSV file would have it.

    Raises:
        UnreadableTable: if the column has lists, structures, bytes or durations.
    """
    if column.dtype in (pl.Datetime, pl.Date):
        return column.cast(pl.Datetime("us")).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if column.dtype.is_float():
        # pandas stores integers with missing values as floats; remove the `.0` that this adds
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
    """Raise UnreadableTable if rows differ in length, a line is blank, or the header is invalid.

    polars fills a short row with nulls and quotes a long row in its error message. This check reports row numbers.
    """
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
