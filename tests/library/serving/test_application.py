import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.model_interface import project_model
from sagemaker_mlops.serving.application import create_application
from sagemaker_mlops.serving.request_log import RequestLog

SECRET = "SECRET-VALUE-42"


class TableModel:
    """A model without `predict_columns`, which the server asks with tables. It fails after the server's own request."""

    def __init__(self, then: Callable[[], float]) -> None:
        self.tables: list[pl.DataFrame] = []
        self._then = then

    def predict(self, table: pl.DataFrame) -> Scores:
        self.tables.append(table)
        return np.full(table.height, self._then() if len(self.tables) > 1 else 0.5)

    def save(self, directory: Path) -> None:
        raise NotImplementedError


@pytest.fixture(scope="module")
def client(model_directory: Path, contract: Contract) -> TestClient:
    return TestClient(create_application(project_model().load(model_directory), contract, "7"))


def test_ping_answers_once_the_model_is_loaded(client: TestClient) -> None:
    assert client.get("/ping").json() == {"status": "ready", "model_version": "7"}


def test_every_answer_names_version_and_inference_id(client: TestClient, record: dict[str, Any]) -> None:
    given = client.post("/invocations", json=record, headers={"X-Amzn-SageMaker-Inference-Id": "order-7"}).json()
    assert (given["model_version"], given["inference_id"]) == ("7", "order-7")
    made = {client.post("/invocations", json=record).json()["inference_id"] for _ in range(5)}
    assert len(made) == 5
    spoiled = client.post("/invocations", json=record, headers={"X-Amzn-SageMaker-Inference-Id": "a b" * 99}).json()
    assert len(spoiled["inference_id"]) == 36


@pytest.mark.parametrize("inference_id", ["order 4711", "a", '{"order": 7, "of": "b,c"}', "x" * 64])
def test_an_inference_id_that_sagemaker_accepts_is_kept(
    client: TestClient, record: dict[str, Any], inference_id: str
) -> None:
    """Pattern \\A\\S[\\p{Print}]*\\z, length 1 to 64 (botocore 1.43.106, sagemaker-runtime InvokeEndpoint)."""
    answer = client.post("/invocations", json=record, headers={"X-Amzn-SageMaker-Inference-Id": inference_id})
    assert answer.json()["inference_id"] == inference_id
    for path in ("/nowhere", "/invocations"):
        assert client.get(path).json()["model_version"] == "7"
    assert (client.get("/nowhere").status_code, client.get("/invocations").status_code) == (404, 405)


def test_one_record_and_many_give_the_same_scores(client: TestClient, record: dict[str, Any]) -> None:
    one = client.post("/invocations", json=record).json()["predictions"]
    many = client.post("/invocations", json={"records": [record] * 3}).json()["predictions"]
    assert many == one * 3


def test_the_server_scores_as_the_pipeline_does(
    client: TestClient, model_directory: Path, sample: pl.DataFrame, contract: Contract
) -> None:
    rows = sample.tail(50)
    answer = client.post("/invocations", json={"records": rows.select(contract.feature_names).to_dicts()}).json()
    scores = [prediction["score"] for prediction in answer["predictions"]]
    np.testing.assert_array_equal(scores, project_model().load(model_directory).predict(rows))


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("Administrative", 1.5, "wrong_type"),
        ("Administrative", True, "wrong_type"),
        ("Administrative", -1, "out_of_range"),
        ("BounceRates", 2, "out_of_range"),
        ("BounceRates", None, "missing_value"),
        ("Browser", SECRET, "unknown_category"),
        ("Weekend", "no", "wrong_type"),
    ],
)
def test_a_broken_record_is_refused_by_record_field_and_rule(
    client: TestClient, record: dict[str, Any], field: str, value: object, rule: str
) -> None:
    answer = client.post("/invocations", json={"records": [record, {**record, field: value}]})
    assert answer.status_code == 400
    assert answer.json()["faults"] == [{"record": 1, "field": field, "rule": rule}]
    assert SECRET not in answer.text


def test_a_missing_and_an_unknown_field_are_refused(client: TestClient, record: dict[str, Any]) -> None:
    record[SECRET] = record.pop("Region")
    answer = client.post("/invocations", json=record)
    assert answer.status_code == 400
    assert [fault["rule"] for fault in answer.json()["faults"]] == ["missing_field", "unknown_field"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "body", ["", "[", "[1]", "1", '{"records": []}', '{"records": 5}', '{"records": [1]}', "NaN", "[" * 100_000]
)
def test_what_is_no_request_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/invocations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["model_version"] == "7"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "-" + "9" * 30])
def test_numbers_that_are_none_are_refused(client: TestClient, record: dict[str, Any], number: str) -> None:
    body = json.dumps({**record, "BounceRates": "@"}).replace('"@"', number)
    answer = client.post("/invocations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_a_number_that_no_column_can_hold_is_out_of_range(client: TestClient, record: dict[str, Any]) -> None:
    """PageValues has no maximum of its own."""
    answer = client.post("/invocations", json={**record, "PageValues": 10**400})
    assert answer.status_code == 400
    assert answer.json()["faults"] == [{"record": 0, "field": "PageValues", "rule": "out_of_range"}]


def test_a_model_that_fails_is_told_without_internals(
    contract: Contract, record: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> float:
        raise RuntimeError(SECRET)

    client = TestClient(create_application(TableModel(fail), contract, "7"))
    answer = client.post("/invocations", json=record, headers={"X-Amzn-SageMaker-Inference-Id": "a"})
    assert answer.status_code == 500
    assert answer.json() == {"error": "the model failed", "model_version": "7", "inference_id": "a"}
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert '"error":"RuntimeError"' in printed.out


def test_a_model_that_only_reads_tables_gets_the_types_of_the_contract(
    contract: Contract, record: dict[str, Any]
) -> None:
    model = TableModel(lambda: 0.25)
    client = TestClient(create_application(model, contract, "7"))
    answer = client.post("/invocations", json={"records": [record] * 2}).json()
    assert [prediction["score"] for prediction in answer["predictions"]] == [0.25, 0.25]
    asked = model.tables[1]
    assert asked.to_dicts() == [{name: record[name] for name in contract.feature_names}] * 2
    assert {name: str(kind) for name, kind in asked.schema.items()}.items() >= {
        ("Region", "String"), ("Weekend", "Boolean"), ("PageValues", "Float64"),
    }  # fmt: skip


def test_a_score_that_is_no_number_is_an_error_of_the_model(contract: Contract, record: dict[str, Any]) -> None:
    client = TestClient(create_application(TableModel(lambda: float("nan")), contract, "7"))
    assert client.post("/invocations", json=record).status_code == 500


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": ""}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json", "accept": "image/png"}, 406),
        ({"content-type": "application/json; charset=UTF-8", "accept": "text/html, */*;q=0.1"}, 200),
    ],
)
def test_types_are_negotiated(client: TestClient, record: dict[str, Any], headers: dict[str, str], status: int) -> None:
    assert client.post("/invocations", content=json.dumps(record), headers=headers).status_code == status


def test_a_large_body_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagemaker_mlops.serving.application.MAXIMUM_BODY_BYTES", 1000)
    answer = client.post("/invocations", content=b" " * 1001, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (413, "expected at most 1000 bytes")


def test_a_request_leaves_a_line_without_values(
    model_directory: Path, contract: Contract, record: dict[str, Any]
) -> None:
    stream = io.BytesIO()
    application = create_application(project_model().load(model_directory), contract, "7", log=RequestLog("7", stream))
    client = TestClient(application)
    client.post("/invocations", json=record)
    client.post("/invocations", json={**record, "Browser": SECRET})
    served, refused = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (served["status"], served["records"], served["model_version"]) == (200, 1, "7")
    assert (refused["status"], refused["rules"]) == (400, ["unknown_category"])
    assert SECRET.encode() not in stream.getvalue()


def test_the_promised_schema_accepts_what_the_server_accepts(client: TestClient, record: dict[str, Any]) -> None:
    document = client.get("/openapi.json").json()
    content = document["paths"]["/invocations"]["post"]["requestBody"]["content"]
    assert list(content) == ["application/json", "application/jsonlines", "text/csv"]
    one = content["application/json"]["schema"]["anyOf"][0]
    assert set(one["required"]) == set(record) == set(one["properties"])
