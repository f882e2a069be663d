"""Check of data files against the contract that reports everything at once and uploads nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import CheckedTable, Finding, check_dataset
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.put_data import read_and_check

TOGETHER = "all files together"


@dataclass(frozen=True)
class DataCheck:
    """What was found in one file, or in all of them together. With `faults` the data are refused."""

    name: str
    rows: int
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check_files(paths: Iterable[Path], contract: Contract) -> list[DataCheck]:
    """Check each file, and all together as a training would, if each of them keeps the contract.

    Args:
        paths: CSV or Parquet files.
        contract: the contract to check against.
    """
    found: list[DataCheck] = []
    tables: list[pl.DataFrame] = []
    for path in paths:
        try:
            checked = read_and_check(path, contract)
        except DeliveryError as error:
            found.append(DataCheck(path.name, 0, (str(error),)))
            continue
        found.append(_described(path.name, checked))
        tables += [] if checked.refused else [checked.table]
    if len(tables) == len(found):
        together = pl.concat(tables)
        found.append(_described(TOGETHER, CheckedTable(together, check_dataset(together, contract))))
    return found


def _described(name: str, checked: CheckedTable) -> DataCheck:
    rows = checked.table.height
    faults, notes = (
        tuple(_with_share(finding, rows) for finding in checked.findings if finding.refuses == refuses)
        for refuses in (True, False)
    )
    return DataCheck(name, rows, faults, notes)


def _with_share(finding: Finding, rows: int) -> str:
    """Return a finding with the share of the rows that it is about."""
    return f"{finding}; {finding.count / rows:.1%} of the rows" if finding.rows and rows else str(finding)
