from pathlib import Path

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.put_data import check_file, month_key, refuse_shared_months

SECRET = "SECRET-VALUE-42"


def test_a_month_of_the_sample_is_accepted_though_it_is_small(months: Path, contract: Contract) -> None:
    assert check_file(months / "month=2025-02.csv", contract).table.height == 184


def test_a_broken_file_is_refused_with_rule_and_rows_but_no_value(
    tmp_path: Path, months: Path, contract: Contract
) -> None:
    rows = pl.read_csv(months / "month=2025-02.csv", infer_schema=False)
    path = tmp_path / "data.csv"
    rows.with_columns(pl.lit(SECRET).alias("Browser")).write_csv(path)
    with pytest.raises(DeliveryError, match=r"Browser: unknown_category, 184 found \(rows 1, 2, 3") as raised:
        check_file(path, contract)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.csv", "", "empty_file"),
        ("data.xlsx", "x", "expected a file that ends in .csv or .parquet"),
        ("data.parquet", "x", "expected a Parquet file"),
        ("data.csv", "a,b\n1\n", r"uneven_rows.*\(rows 1\)"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, contract: Contract, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DeliveryError, match=message):
        check_file(path, contract)


def test_a_missing_file_is_told(tmp_path: Path, contract: Contract) -> None:
    with pytest.raises(DeliveryError, match="found nothing at"):
        check_file(tmp_path / "data.csv", contract)


def test_two_files_of_one_month_are_refused(tmp_path: Path, months: Path, contract: Contract) -> None:
    paths = [months / "month=2025-02.csv", tmp_path / "again.csv"]
    paths[1].write_bytes(paths[0].read_bytes())
    tables = [check_file(path, contract).table for path in paths]
    with pytest.raises(DeliveryError, match=r"both have rows of 2025-02.*Nothing was uploaded"):
        refuse_shared_months(paths, tables, contract)


def test_a_month_has_one_object() -> None:
    assert month_key("2025-02") == "data/month=2025-02.parquet"
