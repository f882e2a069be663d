"""What many tests need: the contract, and checked rows of the sample."""

from pathlib import Path

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.contract.data_checks import check_table

from data.sample import load_sample, write_months

TEST_CONTRACT = Path(__file__).with_name("contract.yaml")


@pytest.fixture(scope="session")
def contract() -> Contract:
    """A contract for the sample data. The project's own may change without breaking a test."""
    return load_contract(TEST_CONTRACT)


@pytest.fixture(scope="session")
def sample_text() -> pl.DataFrame:
    """The whole sample as text, as a CSV reader gives it."""
    return load_sample()


@pytest.fixture(scope="session")
def sample(sample_text: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """The whole sample, typed."""
    return check_table(sample_text, contract).table


@pytest.fixture(scope="session")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one CSV per month of the sample, named as the objects in S3."""
    directory = tmp_path_factory.mktemp("months")
    for path in write_months(directory):
        path.rename(directory / f"month={path.stem}.csv")
    return directory
