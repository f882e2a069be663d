"""Check of training data against the contract, and its upload as one object per month."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from botocore.exceptions import ClientError

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import CheckedTable, check_rows, check_table
from sagemaker_mlops.contract.data_files import UnreadableTable, read_text_table
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.s3_objects import object_exists
from sagemaker_mlops.delivery.table_files import require_table_file
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import DATA_PREFIX

FILES_PREFIX = "files/"  # apart from the data: an upload there starts no training


@dataclass(frozen=True)
class Uploaded:
    """One month of training data; `outcome` is uploaded, replaced or unchanged."""

    month: str
    rows: int
    outcome: str


def month_key(month: str) -> str:
    """Return the S3 key of a month's object, for a month such as 2025-07."""
    return f"{DATA_PREFIX}month={month}.parquet"


def read_and_check(path: Path, contract: Contract) -> CheckedTable:
    """Read a file and check it against the contract. Raise DeliveryError if it cannot be read."""
    require_table_file(path)
    try:
        checked = check_table(read_text_table(path), contract)
    except UnreadableTable as error:
        rows = f" (rows {', '.join(map(str, error.rows[:20]))})" if error.rows else ""
        raise DeliveryError(f"{path.name}: {error.rule}: {error}{rows}") from None
    if checked.refused:
        return checked
    return CheckedTable(checked.table, (*checked.findings, *check_rows(checked.table, contract)))


def check_file(path: Path, contract: Contract) -> CheckedTable:
    """Read a file and check it against the contract. Raise DeliveryError if it is unreadable or breaks it."""
    try:
        checked = read_and_check(path, contract)
    except DeliveryError as error:
        raise DeliveryError(f"{error}. Nothing was uploaded") from None
    if checked.refused:
        faults = "\n".join(f"  {finding}" for finding in checked.findings if finding.refuses)
        raise DeliveryError(f"{path.name} breaks the contract, nothing was uploaded:\n{faults}")
    return checked


def refuse_shared_months(paths: list[Path], tables: list[pl.DataFrame], contract: Contract) -> None:
    """Raise DeliveryError if two files have rows of the same month: the second would overwrite the first."""
    months = [set(table[contract.dataset.event_time].dt.strftime("%Y-%m").unique()) for table in tables]
    for later in range(len(paths)):
        for earlier in range(later):
            shared = sorted(months[earlier] & months[later])
            if shared:
                raise DeliveryError(
                    f"{paths[earlier].name} and {paths[later].name} both have rows of {', '.join(shared)}, and a month "
                    "is one object. Nothing was uploaded; put them into one file"
                )


def put_data(
    target: Target, tables: list[pl.DataFrame], contract: Contract, *, replace: bool, append: bool = False
) -> list[Uploaded]:
    """Upload checked tables, one object per month. Uploading the same rows again changes nothing.

    Args:
        target: Environment with the data bucket.
        tables: Tables that `check_file` has checked.
        contract: Contract with the event time and record id columns.
        replace: Overwrite months that are already stored with other rows; the bucket keeps the previous version.
        append: Add the rows to months that are already stored. A row whose id is stored already must be the same.

    Raises:
        DeliveryError: A month is already stored with other rows, and neither `replace` nor `append` is set, or an
            appended row differs from the stored one of its id; nothing was uploaded.
    """
    table, record_id = pl.concat(tables), contract.dataset.record_id
    months = table.with_columns(pl.col(contract.dataset.event_time).dt.strftime("%Y-%m").alias("__month"))
    parts = {
        str(month): rows for (month,), rows in months.partition_by("__month", as_dict=True, include_key=False).items()
    }
    present = {month: _present(target, month) for month in sorted(parts)}
    if append:
        parts = {month: _appended(month, present[month], rows, record_id) for month, rows in parts.items()}
    contents = {month: _parquet(parts[month].sort(record_id)) for month in present}
    clashing = [month for month, content in contents.items() if present[month] not in (None, content)]
    if clashing and not replace and not append:
        raise DeliveryError(
            f"{', '.join(clashing)}: data of this month is there already, with other rows. Nothing was uploaded. "
            "To put the file in its place: mlops data put FILE --replace; the bucket keeps the old version. To add its "
            "rows: mlops data put FILE --append"
        )
    return [_put(target, month, content, present[month], parts[month].height) for month, content in contents.items()]


def _appended(month: str, stored: bytes | None, rows: pl.DataFrame, record_id: str) -> pl.DataFrame:
    """Return the rows of a month and new ones, each once. Raise DeliveryError if rows of the same id differ."""
    if stored is None:
        return rows
    before = pl.read_parquet(io.BytesIO(stored))
    if before.schema != rows.schema:
        raise DeliveryError(
            f"{month}: the stored rows have other columns or types than the contract, so none can be added. Nothing "
            "was uploaded; upload the whole month: mlops data put FILE --replace"
        )
    together = pl.concat([before, rows]).unique(maintain_order=True)
    differing = together.filter(pl.col(record_id).is_duplicated())[record_id].n_unique()
    if differing:
        raise DeliveryError(
            f"{month}: {differing:,} of the rows are stored with other values under the same {record_id}. Nothing was "
            "uploaded; to correct rows upload the whole month: mlops data put FILE --replace"
        )
    return together


def keep_file(target: Target, path: Path) -> str:
    """Upload a file as it came, with the columns that the contract does not have, and return its S3 key.

    A later contract may need them. The same content is kept once.
    """
    content = path.read_bytes()
    key = f"{FILES_PREFIX}{hashlib.sha256(content).hexdigest()[:16]}/{path.name}"
    if not object_exists(target, f"s3://{target.names.data_bucket}/{key}"):
        target.client("s3").put_object(Bucket=target.names.data_bucket, Key=key, Body=content)
    return key


def _parquet(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _present(target: Target, month: str) -> bytes | None:
    try:
        answer: Any = target.client("s3").get_object(Bucket=target.names.data_bucket, Key=month_key(month))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchKey":
            return None
        if code == "NoSuchBucket":
            raise DeliveryError(f"{target.name} has no data bucket yet. {do_first('deploy', target.name)}") from None
        raise
    content: bytes = answer["Body"].read()
    return content


def _put(target: Target, month: str, content: bytes, present: bytes | None, rows: int) -> Uploaded:
    if present == content:
        return Uploaded(month, rows, "unchanged")
    # The start-training function counts the rows of new objects from this metadata, because it cannot read Parquet.
    target.client("s3").put_object(
        Bucket=target.names.data_bucket, Key=month_key(month), Body=content, Metadata={"rows": str(rows)}
    )
    return Uploaded(month, rows, "uploaded" if present is None else "replaced")
