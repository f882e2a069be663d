"""The three content types say the same, and each refuses what it cannot mean."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.model_interface import column_predictor, project_model
from sagemaker_mlops.serving.application import create_application

JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"


@pytest.fixture(scope="module")
def client(model_directory: Path, contract: Contract) -> TestClient:
    return TestClient(create_application(project_model().load(model_directory), contract, "7"))


@pytest.fixture(scope="module")
def rows(sample: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    return sample.tail(40).select(contract.feature_names)


def post(client: TestClient, body: str | bytes, content_type: str, **headers: str) -> Any:
    return client.post("/invocations", content=body, headers={"content-type": content_type, **headers})


def json_lines(rows: pl.DataFrame) -> str:
    return "".join(json.dumps(record) + "\n" for record in rows.to_dicts())


def json_scores(client: TestClient, rows: pl.DataFrame) -> list[float]:
    answer = post(client, json.dumps({"records": rows.to_dicts()}), JSON).json()
    return [prediction["score"] for prediction in answer["predictions"]]


def test_records_rows_and_lines_have_the_same_scores(client: TestClient, rows: pl.DataFrame) -> None:
    expected = json_scores(client, rows)
    as_list = post(client, json.dumps(rows.to_dicts()), JSON).json()["predictions"]
    assert [prediction["score"] for prediction in as_list] == expected
    lines = post(client, json_lines(rows), JSON_LINES)
    assert lines.headers["content-type"] == JSON_LINES
    assert [json.loads(line)["score"] for line in lines.text.splitlines()] == expected
    for with_header in (False, True):
        answer = post(client, rows.write_csv(include_header=with_header), CSV)
        found = list(csv.DictReader(io.StringIO(answer.text)))
        assert [float(row["score"]) for row in found] == expected
        assert {row["model_version"] for row in found} == {"7"}


def test_a_header_may_order_the_columns_otherwise(client: TestClient, rows: pl.DataFrame) -> None:
    turned = rows.select(reversed(rows.columns)).write_csv()
    found = csv.DictReader(io.StringIO(post(client, turned, CSV).text))
    assert [float(row["score"]) for row in found] == json_scores(client, rows)


def test_the_answer_comes_in_the_accepted_type(client: TestClient, rows: pl.DataFrame) -> None:
    body = rows.write_csv(include_header=False)
    assert post(client, body, CSV, accept="application/json").json()["model_version"] == "7"
    assert post(client, body, CSV, accept="application/*;q=0.5").headers["content-type"] == JSON
    assert post(client, body, CSV, accept="text/csv;q=0.1, application/jsonlines").headers["content-type"] == JSON_LINES


def test_the_quick_encoding_is_the_pipelines(model_directory: Path, sample: pl.DataFrame, contract: Contract) -> None:
    """Training and serving encode by different code; every row of the sample says that it is the same."""
    model = project_model().load(model_directory)
    columns = sample.select(contract.feature_names).to_dict(as_series=False)
    table = sample.select(contract.feature_names)
    assert column_predictor(model, contract)(columns).tolist() == model.predict(table).tolist()


def faults(client: TestClient, body: str | bytes, content_type: str) -> list[tuple[int, str | None, str]]:
    answer = post(client, body, content_type)
    assert answer.status_code == 400, answer.text
    return [(fault["record"], fault["field"], fault["rule"]) for fault in answer.json().get("faults", [])]


def test_a_line_that_is_no_record_is_named(client: TestClient, record: dict[str, Any]) -> None:
    good = json.dumps(record)
    assert faults(client, "\n".join([good, "broken", good, "5"]), JSON_LINES) == [
        (1, None, "not_json"),
        (3, None, "not_an_object"),
    ]


def test_a_row_with_too_few_values_is_named(client: TestClient, rows: pl.DataFrame) -> None:
    text = rows.head(2).write_csv(include_header=False)
    assert faults(client, text + "1,2,3\n", CSV) == [(2, None, "wrong_number_of_values")]


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("", "missing_value"),
        ("nan", "wrong_type"),
        ("inf", "wrong_type"),
        ("1e999", "out_of_range"),
        ("1_0", "wrong_type"),
        ("\u0661", "wrong_type"),
        ("0.5", "wrong_type"),
        ("-1", "out_of_range"),
    ],
)
def test_a_number_in_csv_is_read_strictly(client: TestClient, rows: pl.DataFrame, value: str, rule: str) -> None:
    """The first column is a whole number of 0 or more. In the long table the column is judged as a whole first."""
    for number in (1, 30):
        lines = rows.head(number).write_csv(include_header=False).splitlines()
        lines[-1] = ",".join([value, *lines[-1].split(",")[1:]])
        assert faults(client, "\n".join(lines), CSV) == [(number - 1, "Administrative", rule)]


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\n", b"Administrative,Nonsense\n1,2\n", b'"open', b"\xff\xfe", b"\x00" * 50, b"," * 200_000],
)
def test_what_is_no_csv_is_refused(client: TestClient, body: bytes) -> None:
    assert post(client, body, CSV).status_code == 400


def test_a_header_alone_has_no_records(client: TestClient, rows: pl.DataFrame) -> None:
    assert post(client, rows.head(0).write_csv(), CSV).status_code == 400


@pytest.mark.parametrize("body", [b"", b"\n", b"\xff", b"[" * 100_000])
def test_what_is_no_json_lines_is_refused(client: TestClient, body: bytes) -> None:
    assert post(client, body, JSON_LINES).status_code == 400


def test_a_name_that_comes_twice_is_refused(client: TestClient, record: dict[str, Any]) -> None:
    body = json.dumps(record)[:-1] + ', "Weekend": true}'
    assert post(client, body, JSON).status_code == 400


def test_faults_of_later_batches_are_counted_from_the_first_record(
    client: TestClient, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sagemaker_mlops.runtime.request_bodies.BATCH_RECORDS", 15)
    lines = rows.write_csv(include_header=False).splitlines()
    lines[33] = ",".join(["-1", *lines[33].split(",")[1:]])
    assert faults(client, "\n".join(lines), CSV) == [(33, "Administrative", "out_of_range")]
    assert faults(client, rows.columns[0] + "\n", CSV) == []
    records = rows.to_dicts()
    records[20]["Administrative"] = -1
    assert faults(client, json.dumps(records), JSON) == [(20, "Administrative", "out_of_range")]


def test_a_flood_of_faults_is_cut_short(client: TestClient) -> None:
    answer = post(client, "[" + "0," * 20_000 + "0]", JSON)
    assert (answer.status_code, len(answer.json()["faults"])) == (400, 100)
    assert len(post(client, "[" + "{}," * 20_000 + "{}]", JSON).json()["faults"]) == 100


def test_more_records_than_memory_holds_are_refused(client: TestClient) -> None:
    for body, content_type in (("[" + "{}," * 250_001 + "{}]", JSON), ("{}\n" * 250_001, JSON_LINES)):
        assert "at most 250,000 records" in post(client, body, content_type).json()["error"]


@pytest.mark.parametrize("charset", ["charset*=utf-8''a; charset*0=b", "charset*" + "0" * 5000 + "=b", 'charset="x"'])
def test_a_strange_charset_is_told(client: TestClient, rows: pl.DataFrame, charset: str) -> None:
    assert post(client, rows.write_csv(), f"{CSV}; {charset}").status_code == 415


def test_a_number_has_the_limits_of_the_contract_only(client: TestClient, record: dict[str, Any]) -> None:
    """PageValues has no maximum."""
    assert post(client, json.dumps({**record, "PageValues": 1e19}), JSON).status_code == 200
