"""Training window: the monthly files between two months, checked against the contract."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import ROWS_SHOWN, Finding, check_table
from sagemaker_mlops.contract.data_files import TABLE_SUFFIXES, UnreadableTable, read_text_table
from sagemaker_mlops.contract.documents import FileDocument

FILE, ROW = "__file", "__row"
MONTH_FILE = re.compile(r"month=(\d{4}-\d{2})\.(?:csv|parquet)$")


@dataclass(frozen=True)
class Window:
    """First and last month of a training window, both included, in the form `2025-02`."""

    start: str
    end: str

    def contains(self, month: str) -> bool:
        """Return True if a month is in the window."""
        return self.start <= month <= self.end


@dataclass(frozen=True)
class WindowData:
    """Rows of a window, the file and row number of each, the files, and the findings."""

    table: pl.DataFrame
    origin: pl.DataFrame
    files: list[FileDocument]
    findings: list[Finding]


def read_window(directory: Path, window: Window, contract: Contract) -> WindowData:
    """Read the files of the window. Files that cannot be read become findings."""
    tables: list[pl.DataFrame] = []
    files: list[FileDocument] = []
    findings: list[Finding] = []
    for path in _window_files(directory, window):
        name = path.relative_to(directory).as_posix()
        try:
            checked = check_table(read_text_table(path), contract)
        except UnreadableTable as error:
            shown = error.rows[:ROWS_SHOWN]
            findings.append(Finding(error.rule, error.column, max(1, len(error.rows)), shown, str(error), file=name))
            continue
        findings += [replace(finding, file=name) for finding in checked.findings]
        numbered = checked.table.with_row_index(ROW, offset=1).with_columns(pl.lit(name).alias(FILE))
        rows = _rows_in_window(numbered, window, contract)
        tables.append(rows)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files.append({"name": name, "sha256": digest, "size_bytes": len(content), "rows": rows.height})
    together = pl.concat(tables, how="diagonal_relaxed") if tables else pl.DataFrame({FILE: [], ROW: []})
    origin = together.select(pl.col(FILE).alias("file"), pl.col(ROW).alias("row"))
    return WindowData(together.drop(FILE, ROW), origin, files, findings)


def _window_files(directory: Path, window: Window) -> Iterator[Path]:
    """Yield the tables of the window in the order of their names.

    A file whose name has no month is included. The event times of its rows decide which of them are in the window.
    """
    for path in sorted(directory.rglob("*")):
        if path.suffix not in TABLE_SUFFIXES:
            continue
        month = MONTH_FILE.search(path.name)
        if month is None or window.contains(month.group(1)):
            yield path


def _rows_in_window(table: pl.DataFrame, window: Window, contract: Contract) -> pl.DataFrame:
    event_time = contract.dataset.event_time
    if event_time not in table.columns:
        return table
    month = pl.col(event_time).dt.strftime("%Y-%m")
    return table.filter(month.is_between(pl.lit(window.start), pl.lit(window.end)))
