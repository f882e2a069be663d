"""Reading of data files in batches of text columns, and the cause if a file cannot be read.

Messages name columns and formats, never a value, because values can be sensitive.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from sagemaker_mlops.contract.data_files import UnreadableTable, as_text
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.table_files import require_table_file

BATCH_ROWS = 50_000
MOST_COLUMNS = 1000
SNIFFED_BYTES = 64 * 1024
CONVERT = "convert it: mlops data prepare FILE"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def text_batches(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a CSV or Parquet file in batches, with every column as text.

    Empty fields, and fields of blanks, are null.

    Raises:
        DeliveryError: the file is missing, empty, or no table of the format that `mlops data put` accepts.
    """
    _check_file(path)
    try:
        scan = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
        for batch in scan.collect_batches(chunk_size=BATCH_ROWS):
            yield batch.select(_trimmed(as_text(batch[name])) for name in batch.columns)
    except UnreadableTable as error:
        raise DeliveryError(f"{path.name}: {error.column or error.rule}: {error}") from None
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        raise DeliveryError(f"{path.name}: {_cause(path)}") from None


def _trimmed(text: pl.Series) -> pl.Series:
    bare = text.str.strip_chars()
    return bare.set(bare == "", None)


def _check_file(path: Path) -> None:
    require_table_file(path)
    if path.stat().st_size == 0:
        raise DeliveryError(f"{path.name}: expected a header and rows, found an empty file")
    if path.suffix == ".csv":
        _check_header(path)


def _check_header(path: Path) -> None:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file, strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        raise DeliveryError(f"{path.name}: {_cause(path)}") from None
    if len(header) < 2 or any("\x00" in name for name in header):
        raise DeliveryError(f"{path.name}: {_cause(path)}")
    if len(header) > MOST_COLUMNS:
        raise DeliveryError(
            f"{path.name}: expected at most {MOST_COLUMNS:,} columns, found {len(header):,}; keep those that a request "
            "can contain"
        )
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated:
        raise DeliveryError(f"{path.name}: expected every column once in the header; rename {', '.join(repeated[:5])}")
    if any(not name.strip() for name in header):
        raise DeliveryError(f"{path.name}: expected a name for every column, found an empty one; name it in the header")


def _cause(path: Path) -> str:
    """Return why a file is no CSV that `mlops data put` accepts, and what to do."""
    with path.open("rb") as file:
        start = file.read(SNIFFED_BYTES)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"expected UTF-8, found UTF-16; {CONVERT} --encoding utf-16"
    if b"\x00" in start:
        return "expected CSV text or a Parquet file, found something else"
    try:
        header = start.decode("utf-8", errors="strict" if len(start) < SNIFFED_BYTES else "ignore").split("\n", 1)[0]
    except UnicodeDecodeError:
        return f"expected UTF-8, found another encoding; {CONVERT} --encoding latin1"
    for separator, name in SEPARATORS.items():
        if header.count(separator) > header.count(","):
            shown = "$'\\t'" if separator == "\t" else f"'{separator}'"
            return f"expected commas between the fields, found {name}; {CONVERT} --separator {shown}"
    if "," not in header:
        return "expected a header with at least two columns, separated by commas"
    return "expected CSV with as many fields in every row as in the header; mlops data check names the rows"
