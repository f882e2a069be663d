"""Labels that arrived after their predictions: JSON lines by hour, in Model Monitor's format.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

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
TYPES: dict[str, pl.DataType] = {
    INFERENCE_ID: TEXT,
    RECORD: pl.Int64(),
    LABEL: pl.Boolean(),
    ARRIVED: pl.Datetime("us"),
}
SCHEMA = pl.Schema(TYPES)
BOOLEANS = {"1": True, "0": False, "true": True, "false": False, "1.0": True, "0.0": False}


@dataclass(frozen=True)
class Labels:
    """Labels, one row per labelled record, and the number of labels that cannot be read."""

    table: pl.DataFrame
    unreadable: int


def read_labels(services: Services, uri: str, since: datetime) -> Labels:
    """Read the labels that arrived since a time.

    If a record has several labels, the newest is used, because labels may be corrected.

    Args:
        services: access to S3.
        uri: s3:// address of the labels.
        since: start of the first hour to read.
    """
    tables, unreadable = [SCHEMA.to_frame()], 0
    for entry in services.objects(f"{uri}/", after=f"{since:%Y/%m/%d/%H}"):
        content = services.read(f"{uri}/{entry.key}") or b""
        lines, corrupt = read_json_lines(content, LINE_SCHEMA, _is_label)
        table = _table(lines).with_columns(pl.lit(entry.modified.replace(tzinfo=None)).alias(ARRIVED))
        tables.append(table.select(list(SCHEMA)).cast(SCHEMA))
        unreadable += corrupt + table[LABEL].null_count()
    table = pl.concat(tables).drop_nulls().sort(ARRIVED, maintain_order=True)
    return Labels(table.unique([INFERENCE_ID, RECORD], keep="last", maintain_order=True), unreadable)


def _is_label(content: Any) -> bool:
    """Return True if a line has the shape of `LINE_SCHEMA`."""
    truth, event = content["groundTruthData"], content["eventMetadata"]
    return are_texts(truth.get("data"), truth.get("encoding"), event.get("eventId"))


def _table(lines: pl.DataFrame) -> pl.DataFrame:
    """Return one row per record of each request. Commas separate several labels of a request."""
    texts = lines.select(
        pl.col("eventMetadata").struct["eventId"].alias(INFERENCE_ID),
        pl.col("groundTruthData").struct["data"].fill_null("").str.split(",").alias("text"),
    ).with_row_index("line")
    exploded = texts.explode("text", empty_as_null=True)
    label = pl.col("text").str.strip_chars().str.to_lowercase().replace_strict(BOOLEANS, default=None)
    return exploded.with_columns(label.cast(pl.Boolean).alias(LABEL), pl.int_range(pl.len()).over("line").alias(RECORD))
