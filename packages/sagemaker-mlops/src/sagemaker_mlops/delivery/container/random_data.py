"""Training data of random rows that the contract allows, for tests of an image that need no data of the team."""

from datetime import datetime
from pathlib import Path

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.model_conformance import random_rows

FEWEST_ROWS = 500
MONTH = "2025-01"


def write_random_month(contract: Contract, folder: Path) -> tuple[str, str]:
    """Write a month of random rows as an object of the data bucket would be named, and return the training window.

    Args:
        contract: contract with columns, and the fewest rows of a training.
        folder: folder to create.
    """
    rows = max(FEWEST_ROWS, contract.dataset.minimum_rows)
    table, labels = random_rows(contract, rows, missing_share=0.0)
    if contract.fairness.columns:
        columns = contract.model_copy(update={"features": contract.fairness.columns})
        table = table.hstack(random_rows(columns, rows, missing_share=0.0)[0])
    outcomes = pl.Series(contract.label.name, labels)
    if contract.outcome_categories:
        outcomes = pl.Series(contract.label.name, [contract.outcome_categories[position] for position in labels])
    ids = pl.Series(contract.dataset.record_id, [f"random-{number}" for number in range(rows)])
    times = pl.Series(contract.dataset.event_time, [datetime.strptime(f"{MONTH}-01", "%Y-%m-%d")] * rows)
    folder.mkdir(parents=True)
    table.insert_column(0, ids).insert_column(1, times).with_columns(outcomes).write_parquet(
        folder / f"month={MONTH}.parquet"
    )
    return MONTH, MONTH
