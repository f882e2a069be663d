"""Labels that arrived after their predictions: JSON lines by hour, in Model Monitor's format.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from sagemaker_mlops.contract.labels import Label
from sagemaker_mlops.contract.outcomes import outcome_type, typed_outcomes
from sagemaker_mlops.monitoring.capture_records import INFERENCE_ID, RECORD
from sagemaker_mlops.monitoring.json_lines import are_texts, read_json_lines
from sagemaker_mlops.monitoring.services import Services

LABEL, ARRIVED = "__label", "__arrived"
TEXT = pl.String()
LINE_SCHEMA = pl.Schema(
    {
        "groundTruthData": pl.Struct({"data": TEXT, "encoding": TEXT}),
        "eventMetadata": pl.Struct({"eventId": TEXT}),
    }
)


@dataclass(frozen=True)
class Labels:
    """Labels, one row per labelled record, and the number of labels that cannot be read."""

    table: pl.DataFrame
    unreadable: int


def read_labels(services: Services, uri: str, since: datetime, label: Label) -> Labels:
    """Read the labels that arrived since a time.

    If a record has several labels, the newest is used, because labels may be corrected.

    Args:
        services: access to S3.
        uri: s3:// address of the labels.
        since: start of the first hour to read.
        label: label of the contract.
    """
    schema = _schema(label)
    tables, unreadable = [schema.to_frame()], 0
    for entry in services.objects(f"{uri}/", after=f"{since:%Y/%m/%d/%H}"):
        content = services.read(f"{uri}/{entry.key}") or b""
        lines, corrupt = read_json_lines(content, LINE_SCHEMA, _is_label)
        table = _table(lines, label).with_columns(pl.lit(entry.modified.replace(tzinfo=None)).alias(ARRIVED))
        tables.append(table.select(list(schema)).cast(schema))
        unreadable += corrupt + table[LABEL].null_count()
    table = pl.concat(tables).drop_nulls().sort(ARRIVED, maintain_order=True)
    return Labels(table.unique([INFERENCE_ID, RECORD], keep="last", maintain_order=True), unreadable)


def _schema(label: Label) -> pl.Schema:
    types: dict[str, pl.DataType] = {INFERENCE_ID: TEXT, RECORD: pl.Int64()}
    return pl.Schema({**types, LABEL: outcome_type(label), ARRIVED: pl.Datetime("us")})


def _is_label(content: Any) -> bool:
    """Return True if a line has the shape of `LINE_SCHEMA`."""
    truth, event = content["groundTruthData"], content["eventMetadata"]
    return are_texts(truth.get("data"), truth.get("encoding"), event.get("eventId"))


def _table(lines: pl.DataFrame, label: Label) -> pl.DataFrame:
    """Return one row per record of each request. Commas separate several labels of a request."""
    texts = lines.select(
        pl.col("eventMetadata").struct["eventId"].alias(INFERENCE_ID),
        pl.col("groundTruthData").struct["data"].fill_null("").str.split(",").alias("text"),
    ).with_row_index("line")
    exploded = texts.explode("text", empty_as_null=True)
    outcomes = typed_outcomes(exploded["text"].str.strip_chars(), label).alias(LABEL)
    return exploded.with_columns(outcomes, pl.int_range(pl.len()).over("line").alias(RECORD))
