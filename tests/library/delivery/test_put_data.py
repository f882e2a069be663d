import io
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.put_data import check_file, keep_file, month_key, put_data, refuse_shared_months
from sagemaker_mlops.delivery.target import Target

SECRET = "SECRET-VALUE-42"


@dataclass
class FakeBucket:
    """A target whose data bucket is a dictionary."""

    objects: dict[str, bytes] = field(default_factory=dict)
    names: Any = field(default_factory=lambda: SimpleNamespace(data_bucket="data"))
    name: str = "dev"

    def client(self, _service: str) -> "FakeBucket":
        return self

    def get_object(self, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803  (boto3's names)
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": ""}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def head_object(self, Key: str, **_: Any) -> None:  # noqa: N803  (boto3's names)
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "404", "Message": ""}}, "HeadObject")

    def put_object(self, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803  (boto3's names)
        self.objects[Key] = Body

    def rows(self, month: str) -> pl.DataFrame:
        return pl.read_parquet(io.BytesIO(self.objects[month_key(month)]))


def put(bucket: FakeBucket, table: pl.DataFrame, contract: Contract, **options: bool) -> list[str]:
    """Outcomes of an upload."""
    words = {"replace": False, **options}
    return [one.outcome for one in put_data(cast(Target, bucket), [table], contract, **words)]


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


def test_days_are_added_to_a_month_and_again_change_nothing(sample: pl.DataFrame, contract: Contract) -> None:
    month = sample.head(30)
    bucket = FakeBucket()
    assert put(bucket, month.head(10), contract) == ["uploaded"]
    with pytest.raises(DeliveryError, match="To add its rows: mlops data put FILE --append"):
        put(bucket, month.tail(20), contract)
    assert put(bucket, month.tail(20), contract, append=True) == ["replaced"]
    assert bucket.rows("2025-02").height == 30
    assert put(bucket, month.tail(25), contract, append=True) == ["unchanged"]
    assert put(bucket, month, contract) == ["unchanged"], "the object does not depend on how its rows came"


def test_appended_rows_never_change_a_stored_one(sample: pl.DataFrame, contract: Contract) -> None:
    bucket = FakeBucket()
    put(bucket, sample.head(10), contract)
    before = dict(bucket.objects)
    other = sample.head(3).with_columns(pl.lit(0.5).alias("BounceRates"))
    with pytest.raises(DeliveryError, match="2025-02: 3 of the rows are stored with other values"):
        put(bucket, other, contract, append=True)
    with pytest.raises(DeliveryError, match="the stored rows have other columns or types"):
        put(bucket, other.drop("Weekend"), contract, append=True)
    assert bucket.objects == before


def test_a_file_is_kept_as_it_came_and_once(tmp_path: Path) -> None:
    bucket, path = FakeBucket(), tmp_path / "2025-02.csv"
    path.write_text("a,not_in_the_contract\n1,2\n")
    keys = {keep_file(cast(Target, bucket), path) for _ in range(2)}
    assert [key.partition("/")[0] for key in keys] == ["files"]
    assert bucket.objects == {keys.pop(): path.read_bytes()}
