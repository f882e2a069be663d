"""Upload of labels that became known after the predictions, in the layout of SageMaker's ground truth.

    s3://<capture bucket>/labels/<yyyy>/<mm>/<dd>/<hh>/<minute>-<second>-<hash of the content>.jsonl

The hour is that of the upload. Each line has the inference id of a request and its label. The labels of several records
in one request are separated by commas, in the order of the records.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from sagemaker_mlops.contract.data_files import TABLE_SUFFIXES, UnreadableTable, read_text_table
from sagemaker_mlops.contract.labels import Label, expected_outcomes
from sagemaker_mlops.contract.monitors import INFERENCE_ID_PATTERN
from sagemaker_mlops.contract.outcomes import outcome_texts, typed_outcomes
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.s3_objects import object_exists
from sagemaker_mlops.delivery.target import Target

PREFIX, INDEX_PREFIX = "labels", "label-files"
ID, LABEL = "inference_id", "label"
SHOWN = 5


@dataclass(frozen=True)
class LabelFile:
    """Content to upload, and the number of labels in it."""

    content: bytes
    labels: int

    @property
    def digest(self) -> str:
        """SHA-256 of the content; the same labels have the same digest, regardless of file format and row order."""
        return hashlib.sha256(self.content).hexdigest()


def read_label_file(path: Path, id_column: str, label_column: str, label: Label) -> LabelFile:
    """Read and check a CSV or Parquet file with labels.

    Args:
        path: File to read.
        id_column: Column with inference ids.
        label_column: Column with labels.
        label: Label of the contract, which says what they may be.

    Raises:
        DeliveryError: The file cannot be read, lacks a column, or has invalid ids or labels.
    """
    if not path.is_file() or path.suffix not in TABLE_SUFFIXES:
        raise DeliveryError(f"expected a file that ends in {' or '.join(TABLE_SUFFIXES)}, found {path}")
    try:
        table = read_text_table(path)
    except UnreadableTable as error:
        raise DeliveryError(f"{path.name}: {error}. Nothing was uploaded") from None
    missing = [name for name in (id_column, label_column) if name not in table.columns]
    if missing:
        raise DeliveryError(
            f"{path.name}: expected the columns {id_column} and {label_column}, found no {' and no '.join(missing)}. "
            "Name them: mlops data put-labels FILE --id-column ... --label-column ..."
        )
    labels = table.select(pl.col(id_column).alias(ID), pl.col(label_column).alias(LABEL))
    return _label_file(path.name, labels, label)


def _label_file(name: str, labels: pl.DataFrame, label: Label) -> LabelFile:
    outcomes = outcome_texts(typed_outcomes(labels[LABEL].str.strip_chars(), label)).alias(LABEL)
    read = labels.with_row_index("row", offset=1).with_columns(outcomes)
    _refuse(name, read.filter(pl.col(LABEL).is_null()), f"a label that is not {expected_outcomes(label)}")
    is_id = pl.col(ID).str.contains(f"^(?:{INFERENCE_ID_PATTERN})$").fill_null(value=False)
    _refuse(name, read.filter(~is_id), "no inference id of 1 to 64 printable ASCII characters without a leading space")
    once = read.unique([ID, LABEL], maintain_order=True)
    _refuse(name, once.filter(pl.col(ID).is_duplicated()), "two different labels for one inference id")
    lines = [_line(key, value) for key, value in once.sort(ID).select(ID, LABEL).rows()]
    return LabelFile("".join(lines).encode(), once.height)


def _line(inference_id: str, label: str) -> str:
    data = {"data": label, "encoding": "CSV"}
    return json.dumps({"groundTruthData": data, "eventMetadata": {"eventId": inference_id}, "eventVersion": "0"}) + "\n"


def _refuse(name: str, rows: pl.DataFrame, what: str) -> None:
    if rows.height:
        shown = ", ".join(map(str, rows["row"].head(SHOWN)))
        more = f" and {rows.height - SHOWN} more" if rows.height > SHOWN else ""
        raise DeliveryError(f"{name}: {what} in rows {shown}{more}. Nothing was uploaded; fix the file and try again")


def put_labels(target: Target, labels: LabelFile, *, again: bool = False) -> bool:
    """Upload labels. Return False, without an upload, if the same labels were uploaded before.

    Args:
        target: Environment with the capture bucket.
        labels: Labels from `read_label_file`.
        again: Upload them even so, to make them newer than a wrong correction that was uploaded after them.
    """
    bucket = target.names.capture_bucket
    index = f"{INDEX_PREFIX}/{labels.digest}.json"
    if not again and object_exists(target, f"s3://{bucket}/{index}"):
        return False
    s3, key = target.client("s3"), f"{PREFIX}/{datetime.now(UTC):%Y/%m/%d/%H/%M-%S}-{labels.digest}.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body=labels.content, ContentType="application/jsonlines")
    # Write the index last: an interrupted upload is then repeated, and a duplicate label counts once.
    s3.put_object(Bucket=bucket, Key=index, Body=json.dumps({"key": key}).encode(), ContentType="application/json")
    return True
