"""Decoding of captured requests: JSON lines as SageMaker writes them, to typed rows with scores.

Almost all requests are JSON, which polars reads by column. The readers of the server read the others one by one. The
inference id of a request is the id that its caller gave, as SageMaker recorded it. Without one it is the id in the
response, and without that the id of the event.

Source of the format: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import binascii
import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.monitoring.answers import answer_columns
from sagemaker_mlops.monitoring.json_lines import are_texts, read_json_lines
from sagemaker_mlops.runtime.media_types import CSV, JSON, JSON_LINES, UnsupportedType, request_type
from sagemaker_mlops.runtime.model_interface import column_type
from sagemaker_mlops.runtime.record_rules import MISSING
from sagemaker_mlops.runtime.request_bodies import UnreadableBody, body_readers

VERSION, INFERENCE_ID = "model_version", "inference_id"  # the contract has no features of these names
# No feature begins with an underscore, so that these columns stand beside the features.
RECORD, TIME = "__record", "__time"
REQUEST = "__request"  # position of the request in its piece
GIVEN_ID, EVENT_ID = "__given_id", "__event_id"
TEXT = pl.String()
SIDE = pl.Struct({"observedContentType": TEXT, "data": TEXT, "encoding": TEXT})
Types = dict[str, pl.DataType]
# Columns of each prediction, model version, and inference id of a response.
Answer = tuple[list[dict[str, Any]], str | None, str | None]
LINE_SCHEMA = pl.Schema(
    {
        "captureData": pl.Struct({"endpointInput": SIDE, "endpointOutput": SIDE}),
        "eventMetadata": pl.Struct({"eventId": TEXT, "inferenceId": TEXT, "inferenceTime": TEXT}),
    }
)
UNREADABLE = (
    UnreadableBody,
    UnsupportedType,
    ArithmeticError,
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
    csv.Error,
    pl.exceptions.PolarsError,
)


@dataclass
class CaptureFaults:
    """Counts of captured requests that cannot be used, by reason, without any captured data."""

    counts: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, number: int) -> None:
        """Add a number to the count of a reason."""
        if number:
            self.counts[what] += number


class CaptureDecoder:
    """Decoder of capture files, which also counts corrupt, refused and incomplete requests."""

    def __init__(self, contract: Contract) -> None:
        self._types: Types = {feature.name: column_type(feature) for feature in contract.features}
        self._readers = body_readers(contract)
        self._answers = answer_columns(contract)
        predictions = pl.List(self._answers.json_type)
        self._answer_schema = pl.Schema({"predictions": predictions, VERSION: TEXT, INFERENCE_ID: TEXT})
        self.faults = CaptureFaults()

    @property
    def row_schema(self) -> pl.Schema:
        """Schema of the rows: features, prediction, model version, inference id, position of the record, and time."""
        origin: Types = {VERSION: TEXT, INFERENCE_ID: TEXT, RECORD: pl.Int64(), TIME: pl.Datetime("us")}
        return pl.Schema({**self._types, **self._answers.types, **origin})

    def rows(self, piece: bytes) -> pl.DataFrame:
        """Return one row for each record of each answered request.

        Args:
            piece: whole lines of a capture file.
        """
        lines, corrupt = read_json_lines(piece, LINE_SCHEMA, _is_capture)
        self.faults.add("corrupt lines", corrupt)
        asked, answered = pl.col("captureData").struct["endpointInput"], pl.col("captureData").struct["endpointOutput"]
        event = pl.col("eventMetadata")
        table = lines.select(
            asked.struct["data"].alias("input"),
            asked.struct["observedContentType"].alias("input_type"),
            asked.struct["encoding"].alias("input_encoding"),
            answered.struct["data"].alias("output"),
            answered.struct["observedContentType"].alias("output_type"),
            answered.struct["encoding"].alias("output_encoding"),
            event.struct["inferenceId"].alias(GIVEN_ID),
            event.struct["eventId"].alias(EVENT_ID),
            event.struct["inferenceTime"].str.to_datetime("%+", strict=False, time_zone="UTC").alias(TIME),
        ).with_columns(pl.col(TIME).dt.replace_time_zone(None).dt.cast_time_unit("us"))
        usable = table.drop_nulls(["input", "output", TIME])
        self.faults.add("lines without request, answer or time", table.height - usable.height)
        usable = usable.with_row_index(REQUEST)
        plain = usable.filter(_is_plain_json())
        other = usable.filter(~_is_plain_json())
        found = [part for part in (self._decode_json(plain), self._decode_one_by_one(other)) if part.height]
        schema = self.row_schema
        rows = [schema.to_frame(), *(part.select(list(schema)).cast(schema) for part in found)]
        scored = pl.concat(rows).filter(self._answers.is_usable)
        self.faults.add("answers without a usable score", sum(part.height for part in found) - scored.height)
        return scored

    def _decode_json(self, table: pl.DataFrame, *, checked: bool = False) -> pl.DataFrame:
        """Return the rows of JSON requests with JSON responses on one line each.

        If some of them are not valid JSON, those are read one by one.
        """
        try:
            answers = _answers(table, self._answer_schema)
            records = _records(table, self._types)
        except pl.exceptions.PolarsError:
            if checked:
                return self._decode_one_by_one(table)
            texts = table.select("input", "output").rows()
            is_json = pl.Series([_is_json(asked) and _is_json(said) for asked, said in texts], dtype=pl.Boolean)
            parts = [
                self._decode_json(table.filter(is_json), checked=True),
                self._decode_one_by_one(table.filter(~is_json)),
            ]
            return pl.concat(part.select(list(self.row_schema)).cast(self.row_schema) for part in parts)
        self.faults.add("refused requests", answers["predictions"].null_count())
        lengths = answers["predictions"].list.len()
        if records.height == table.height and bool((lengths == 1).fill_null(value=False).all()):
            return self._side_by_side(records.sort(REQUEST), answers, table)  # most requests have one record
        scores = answers.filter(pl.col("predictions").is_not_null()).explode("predictions", empty_as_null=False)
        scores = scores.with_columns(
            *self._answers.of_json(pl.col("predictions")), pl.int_range(pl.len()).over(REQUEST).alias(RECORD)
        )
        return self._joined(records, scores, table)

    def _side_by_side(self, records: pl.DataFrame, answers: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
        predictions = answers.select(self._answers.of_json(pl.col("predictions").list.first()))
        return records.with_columns(
            *predictions.get_columns(),
            answers[VERSION],
            _first_of(table[GIVEN_ID], answers[INFERENCE_ID], table[EVENT_ID]).alias(INFERENCE_ID),
            pl.lit(0, pl.Int64).alias(RECORD),
            table[TIME],
        )

    def _joined(self, records: pl.DataFrame, scores: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
        counted = records.with_columns(pl.int_range(pl.len()).over(REQUEST).alias(RECORD))
        joined = scores.drop("predictions", strict=False).join(counted, on=[REQUEST, RECORD], how="inner")
        self.faults.add("answers without a record", scores.height - joined.height)
        joined = joined.join(table.select(REQUEST, GIVEN_ID, EVENT_ID, TIME), on=REQUEST)
        return joined.with_columns(pl.coalesce(GIVEN_ID, INFERENCE_ID, EVENT_ID).alias(INFERENCE_ID))

    def _decode_one_by_one(self, table: pl.DataFrame) -> pl.DataFrame:
        parts = [rows for request in table.iter_rows(named=True) if (rows := self._decode_request(request)) is not None]
        return pl.concat(parts) if parts else self.row_schema.to_frame()

    def _decode_request(self, request: dict[str, Any]) -> pl.DataFrame | None:
        """Return the rows of one request, or None if it was refused or cannot be read."""
        try:
            answer = self._answer_of(_body(request, "output"), request["output_type"])
            if answer is None:
                self.faults.add("refused requests", 1)
                return None
            media_type = request_type(request["input_type"] or "")
            batches = list(self._readers[media_type](_body(request, "input")))
            if any(faults for _, faults in batches):
                raise ValueError("invalid records")
            records = pl.concat(
                pl.DataFrame({name: _plain_values(columns[name]) for name in self._types}, self._types, strict=False)
                for columns, _ in batches
            )
        except UNREADABLE:
            self.faults.add("requests or answers that cannot be read", 1)
            return None
        predictions, version, inference_id = answer
        if len(predictions) != records.height:
            self.faults.add("answers without a record", abs(len(predictions) - records.height))
            return None
        found = records.with_columns(
            *pl.DataFrame(predictions, schema=self._answers.types).get_columns(),
            pl.lit(version).alias(VERSION),
            pl.lit(request[GIVEN_ID] or inference_id or request[EVENT_ID]).alias(INFERENCE_ID),
            pl.int_range(pl.len(), dtype=pl.Int64).alias(RECORD),
            pl.lit(request[TIME]).alias(TIME),
        )
        return found.select(list(self.row_schema)).cast(self.row_schema)

    def _answer_of(self, body: bytes, content_type: str | None) -> Answer | None:
        """Return predictions, version and inference id of a response, or None if the request was refused."""
        media_type, answers = request_type(content_type or ""), self._answers
        if media_type == CSV:
            rows = list(csv.DictReader(io.StringIO(body.decode())))
            if not rows or not answers.is_prediction(rows[0]):
                return None
            return [answers.of_cells(row) for row in rows], rows[0].get(VERSION), rows[0].get(INFERENCE_ID)
        if media_type == JSON_LINES:
            lines = [json.loads(line) for line in body.splitlines() if line.strip()]
            if not lines or not answers.is_prediction(lines[0]):
                return None
            return [answers.of_object(line) for line in lines], lines[0].get(VERSION), lines[0].get(INFERENCE_ID)
        content = json.loads(body)
        if not isinstance(content, dict) or "predictions" not in content:
            return None
        found = [answers.of_object(one) for one in content["predictions"]]
        return found, content.get(VERSION), content.get(INFERENCE_ID)


def _is_plain_json() -> pl.Expr:
    """Return an expression that is true if request and response are JSON on one line, as JSON lines need."""
    sides = [
        (pl.col(f"{side}_encoding") == "JSON")
        & (pl.col(f"{side}_type") == JSON)
        & ~pl.col(side).str.contains("\n", literal=True)
        & pl.col(side).str.contains(r"^\s*[\[{]")
        for side in ("input", "output")
    ]
    return pl.all_horizontal(sides).fill_null(value=False)


def _answers(table: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    if table.height == 0:
        return schema.to_frame().with_columns(pl.lit(0, pl.UInt32).alias(REQUEST))
    answers = pl.read_ndjson("\n".join(table["output"]).encode(), schema=schema)
    return answers.with_columns(table[REQUEST])


def _records(table: pl.DataFrame, types: Types) -> pl.DataFrame:
    """Return the records of JSON bodies: one record, a list, or an object with a list named `records`."""
    text = pl.col("input")
    is_list = text.str.contains(r"^\s*\[")
    is_wrapped = text.str.contains(r'^\s*\{\s*"records"\s*:\s*\[')
    single = table.filter(~is_list & ~is_wrapped)
    wrapped = table.filter(is_list | is_wrapped).with_columns(
        input=pl.when(is_list).then(pl.concat_str(pl.lit('{"records":'), text, pl.lit("}"))).otherwise(text)
    )
    parts = [pl.Schema({**types, REQUEST: pl.UInt32()}).to_frame()]
    if single.height:
        read = pl.read_ndjson("\n".join(single["input"]).encode(), schema=types)
        parts.append(read.with_columns(single[REQUEST]))
    if wrapped.height:
        schema: Types = {"records": pl.List(pl.Struct(types))}
        read = pl.read_ndjson("\n".join(wrapped["input"]).encode(), schema=schema).with_columns(wrapped[REQUEST])
        parts.append(read.explode("records").unnest("records").select([*types, REQUEST]))
    return pl.concat(parts)


def _first_of(*columns: pl.Series) -> pl.Series:
    return pl.select(pl.coalesce(*columns)).to_series()


def _is_capture(content: Any) -> bool:
    """Return True if a line has the shape of `LINE_SCHEMA`."""
    data, event = content["captureData"], content["eventMetadata"]
    sides = [data.get(name) or {} for name in ("endpointInput", "endpointOutput")]
    texts = [side.get(name) for side in sides for name in ("observedContentType", "data", "encoding")]
    return are_texts(*texts, *(event.get(name) for name in ("eventId", "inferenceId", "inferenceTime")))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _body(request: dict[str, Any], side: str) -> bytes:
    text: str = request[side]
    if request[f"{side}_encoding"] != "BASE64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None


def _plain_values(column: Any) -> list[Any]:
    return [None if value is MISSING else value for value in column]
