import base64
import json
from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.monitoring.capture_records import INFERENCE_ID, RECORD, TIME, VERSION, CaptureDecoder
from sagemaker_mlops.monitoring.captures import PIECE_BYTES, pieces
from sagemaker_mlops.runtime.statistics import SCORE

from tests.library.monitoring.captures import NOW, answer, capture_line

NO_GROUPS = {"groups": [], "limits": []}
JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"


@pytest.fixture
def decoder(contract: Contract) -> CaptureDecoder:
    return CaptureDecoder(contract)


@pytest.fixture(scope="module")
def records(sample: pl.DataFrame, contract: Contract) -> list[dict[str, Any]]:
    return sample.select(contract.feature_names).head(3).to_dicts()


def csv_of(records: list[dict[str, Any]]) -> str:
    rows = [
        ",".join(str(value).lower() if isinstance(value, bool) else str(value) for value in r.values()) for r in records
    ]
    return "\n".join([",".join(records[0]), *rows])


# Names that something else has in the decoder, in captures or in labels, and such as files have.
OTHER_NAMES = (
    "time", "label", "record", "request", "score", "text", "input", "output", "records", "hash", "line", "given_id",
    "hours-per-week", "größe in cm", "% of income (2024)", "2nd",
)  # fmt: skip


@pytest.mark.parametrize("names", [None, OTHER_NAMES], ids=["the sample's names", "names that are used otherwise"])
def test_every_way_to_ask_gives_the_same_rows(
    names: tuple[str, ...] | None, contract: Contract, sample: pl.DataFrame
) -> None:
    table = sample.select(contract.feature_names).head(3)
    if names:
        features = [
            feature.model_copy(update={"name": name}) for feature, name in zip(contract.features, names, strict=True)
        ]
        contract = Contract.model_validate(
            {**contract.model_dump(), "features": [one.model_dump() for one in features], "fairness": NO_GROUPS}
        )
        table.columns = list(names)
    decoder, records = CaptureDecoder(contract), table.to_dicts()
    said = answer(0.1, 0.2, 0.3)
    said_lines = "\n".join(json.dumps({"score": s, "model_version": "1", "inference_id": "a"}) for s in (0.1, 0.2, 0.3))
    said_csv = "score,positive,model_version,inference_id\n0.1,false,1,a\n0.2,false,1,a\n0.3,false,1,a\n"
    body = "\n".join(json.dumps(record) for record in records)
    lines = [
        capture_line(records, said),
        capture_line({"records": records}, said),
        capture_line(json.dumps({"records": records}, indent=2), said),
        capture_line(body, said_lines, types=(LINES, LINES), encodings=("JSON", "JSON")),
        capture_line(csv_of(records), said_csv, types=(CSV, CSV), encodings=("CSV", "CSV")),
        capture_line(records, said_csv, types=(JSON, CSV), encodings=("JSON", "CSV")),
        capture_line(
            base64.b64encode(json.dumps(records).encode()).decode(),
            base64.b64encode(json.dumps(said).encode()).decode(),
            types=("application/json; charset=utf-8", JSON),
            encodings=("BASE64", "BASE64"),
        ),
    ]
    expected = decoder.rows(lines[0])
    assert expected.height == 3
    assert expected.select(contract.feature_names).rows() == [tuple(record.values()) for record in records]
    assert expected.select(SCORE, RECORD, VERSION, INFERENCE_ID).rows()[2] == (0.3, 2, "1", "a")
    assert expected[TIME][0] == NOW.replace(tzinfo=None)
    for line in lines[1:]:
        assert decoder.rows(line).equals(expected), line
    assert decoder.rows(b"".join(lines)).height == 3 * len(lines)
    assert not decoder.faults.counts


def test_lists_of_records_are_read_column_wise_too(
    decoder: CaptureDecoder, records: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading one by one gives the same rows, only slower, so no other test would notice it."""
    monkeypatch.setattr(CaptureDecoder, "_decode_request", lambda *_: pytest.fail("was read one by one"))
    for body in (records, {"records": records}):
        assert decoder.rows(capture_line(body, answer(0.1, 0.2, 0.3)))[SCORE].to_list() == [0.1, 0.2, 0.3]


def test_the_callers_inference_id_counts_then_the_answers_then_the_events(
    decoder: CaptureDecoder, records: list[dict[str, Any]]
) -> None:
    """Labels come with the id that the caller gave, which SageMaker records as eventMetadata.inferenceId.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-merge.html
    """
    made = answer(0.1, inference_id="made-by-the-server")
    without = {"predictions": [{"score": 0.1}], "model_version": "1"}
    csv_answer = "score,positive,model_version,inference_id\n0.1,false,1,made-by-the-server\n"
    one, listed = records[0], [records[0]]
    as_csv: dict[str, Any] = {"types": (JSON, CSV), "encodings": ("JSON", "CSV")}
    cases = [
        (capture_line(one, made, given_id="order 4711"), "order 4711"),
        (capture_line(listed, made, given_id="order 4711"), "order 4711"),
        (capture_line(one, csv_answer, given_id="order 4711", **as_csv), "order 4711"),
        (capture_line(one, made), "made-by-the-server"),
        (capture_line(one, csv_answer, **as_csv), "made-by-the-server"),
        (capture_line(one, without), "event"),
    ]
    for line, expected in cases:
        assert decoder.rows(line)[INFERENCE_ID].to_list() == [expected], line
    several = decoder.rows(capture_line(records, answer(0.1, 0.2, 0.3, inference_id="made"), given_id="order 4711"))
    assert several[INFERENCE_ID].to_list() == ["order 4711"] * 3
    mixed = decoder.rows(b"".join(line for line, _ in cases))  # read together, requests take other ways
    assert sorted(mixed[INFERENCE_ID]) == sorted(expected for _, expected in cases)


def test_single_records_are_read_side_by_side(decoder: CaptureDecoder, records: list[dict[str, Any]]) -> None:
    lines = [capture_line(record, answer(0.5, inference_id=str(n))) for n, record in enumerate(records)]
    rows = decoder.rows(b"".join(lines))
    assert rows[INFERENCE_ID].to_list() == ["0", "1", "2"]
    assert rows["ProductRelated"].to_list() == [float(record["ProductRelated"]) for record in records]


def test_what_cannot_be_used_is_counted_and_the_rest_is_read(
    decoder: CaptureDecoder, records: list[dict[str, Any]]
) -> None:
    good = capture_line(records[0], answer(0.1))
    refused = {"error": "the request breaks the contract", "model_version": "1"}
    bad = [
        b"{not json\n",
        b'{"captureData": 1}\n',
        b"\xff\xfe\n",
        capture_line(records[0], refused),
        capture_line({"ProductRelated": "many"}, refused),
        capture_line("<xml/>", answer(0.1), types=("application/xml", JSON), encodings=("BASE64", "JSON")),
        capture_line(records, answer(0.1)),
        capture_line("{", answer(0.1)),
        json.dumps({"captureData": {"endpointInput": {}}, "eventMetadata": {"eventId": "x"}}).encode() + b"\n",
    ]
    rows = decoder.rows(b"".join([good, *bad, good]))
    assert rows.filter(pl.col(RECORD) == 0).height >= 2
    counts = decoder.faults.counts
    assert counts["corrupt lines"] == 3
    assert counts["refused requests"] == 2
    assert counts["lines without request, answer or time"] == 1
    assert counts["requests or answers that cannot be read"] >= 2
    assert sum(counts.values()) >= len(bad)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\n  \n"])
def test_nothing_is_nothing(decoder: CaptureDecoder, content: bytes) -> None:
    assert decoder.rows(content).height == 0
    assert decoder.rows(content).schema == decoder.row_schema


def test_an_answer_without_version_or_id_falls_back_on_the_event(
    decoder: CaptureDecoder, records: list[dict[str, Any]]
) -> None:
    said = {"predictions": [{"score": 0.5}]}
    rows = decoder.rows(capture_line(records[0], said, event_id="event-7"))
    assert rows.select(VERSION, INFERENCE_ID).rows() == [(None, "event-7")]


def test_pieces_end_with_lines_and_lose_nothing() -> None:
    lines = [bytes([65 + number % 26]) * 100_000 + b"\n" for number in range(1000)]
    cut = list(pieces(iter(lines)))
    assert b"".join(cut) == b"".join(lines)
    assert all(piece.endswith(b"\n") and len(piece) < PIECE_BYTES + 200_000 for piece in cut)


def test_one_refused_request_among_many_is_left_out(decoder: CaptureDecoder, records: list[dict[str, Any]]) -> None:
    good = [capture_line(record, answer(0.5)) for record in records]
    refused = capture_line({**records[0], "PageValues": -5}, {"error": "no", "model_version": "1"})
    rows = decoder.rows(b"".join([*good, refused]))
    assert rows.height == 3
    assert rows["PageValues"].min() == 0.0
    assert decoder.faults.counts["refused requests"] == 1


@pytest.mark.parametrize(
    "said",
    [
        '{"predictions":[{"score":null}],"model_version":"1"}',
        '{"predictions":[{"score":NaN}],"model_version":"1"}',
        '{"predictions":[{"score":' + "9" * 400 + '}],"model_version":"1"}',
        "[" * 100_000,
        '{"predictions":"many"}',
        '{"predictions":[1]}',
        "[]",
    ],
)
def test_answers_that_are_none_are_counted(decoder: CaptureDecoder, records: list[dict[str, Any]], said: str) -> None:
    rows = decoder.rows(capture_line(records[0], said) + capture_line(records[1], answer(0.5)))
    assert rows[SCORE].to_list() == [0.5]
    assert sum(decoder.faults.counts.values()) == 1


@pytest.mark.parametrize("line", [b'{"captureData": {}, "eventMetadata": {}, "eventVersion": NaN}', b"\xef\xbb\xbf"])
def test_lines_that_only_python_reads_are_corrupt(
    decoder: CaptureDecoder, records: list[dict[str, Any]], line: bytes
) -> None:
    assert decoder.rows(line + b"\n" + capture_line(records[0], answer(0.5))).height == 1
