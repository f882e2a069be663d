import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

from contract.contract import Contract
from model.features import FeatureEncoding, encode
from model.predict import load_model, predict_scores
from model.train import Hyperparameters, save_model, train
from serving.application import create_application

EXAMPLE_FILE = Path(__file__).parent.parent.parent / "data" / "example_request.json"
SECRET = "SECRET-VALUE-42"


@pytest.fixture(scope="module")
def model_directory(tmp_path_factory: pytest.TempPathFactory, sample: pl.DataFrame, contract: Contract) -> Path:
    directory = tmp_path_factory.mktemp("model")
    encoding = FeatureEncoding(contract.feature_names, contract.category_names)
    rows = sample.head(2000)
    few_trees = Hyperparameters(trees=10, leaves=7, learning_rate=0.1, seed=1)
    save_model(train(encode(rows, encoding), rows["Revenue"].to_numpy(), encoding, few_trees), encoding, directory)
    return directory


@pytest.fixture(scope="module")
def client(model_directory: Path, contract: Contract) -> TestClient:
    return TestClient(create_application(load_model(model_directory), contract, "7"))


@pytest.fixture
def record() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(EXAMPLE_FILE.read_text(encoding="utf-8"))["records"][0]
    return content


def test_ping_answers_once_the_model_is_loaded(client: TestClient) -> None:
    assert client.get("/ping").json() == {"status": "ready", "model_version": "7"}


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
    np.testing.assert_array_equal(scores, predict_scores(load_model(model_directory), rows))


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
    model_directory: Path, contract: Contract, record: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(create_application(load_model(model_directory), contract, "7"))

    def fail(*_: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("serving.application.predict_scores", fail)
    answer = client.post("/invocations", json=record)
    assert answer.status_code == 500
    assert answer.json() == {"error": "the model failed", "model_version": "7"}


def test_another_type_and_a_large_body_are_refused(client: TestClient) -> None:
    assert client.post("/invocations", content="a,b", headers={"content-type": "text/plain"}).status_code == 415
    large = client.post("/invocations", content=b" " * 7_000_000, headers={"content-type": "application/json"})
    assert large.status_code == 413
