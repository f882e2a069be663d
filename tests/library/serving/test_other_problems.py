"""Answers of a server whose label has categories or is a number."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.serving.application import create_application

from tests.library.problems import CATEGORIES, as_multiclass, as_regression

PROBABILITIES = (0.125, 0.5, 0.375)


class Fixed:
    """A model with the same scores for every row."""

    def __init__(self, scores: Any) -> None:
        self._scores = scores

    def predict(self, table: pl.DataFrame) -> Scores:
        return np.array([self._scores] * table.height, dtype=np.float64)

    def save(self, directory: Path) -> None:
        raise NotImplementedError  # a server saves nothing


def client_of(contract: Contract, scores: Any) -> TestClient:
    return TestClient(create_application(Fixed(scores), contract, "7"))


@pytest.fixture(params=["multiclass", "regression"])
def served(request: pytest.FixtureRequest, contract: Contract) -> tuple[Contract, TestClient, dict[str, Any]]:
    """A contract, its server, and the prediction that every record gets."""
    if request.param == "regression":
        other = as_regression(contract)
        return other, client_of(other, 1234.5), {"score": 1234.5}
    other = as_multiclass(contract)
    scores = dict(zip(CATEGORIES, PROBABILITIES, strict=True))
    return other, client_of(other, PROBABILITIES), {"category": "Returning_Visitor", "scores": scores}


def record_of(contract: Contract, record: dict[str, Any]) -> dict[str, Any]:
    whole = record | {"VisitorType": "Other", "ProductRelated_Duration": 3.0}
    return {name: whole[name] for name in contract.feature_names}


def test_json_has_the_prediction_and_keeps_the_openapi_document(
    served: tuple[Contract, TestClient, dict[str, Any]], record: dict[str, Any]
) -> None:
    contract, client, prediction = served
    records = [record_of(contract, record)] * 2
    answer = client.post("/invocations", json=records).json()
    assert answer["predictions"] == [prediction] * 2
    path = client.get("/openapi.json").json()["paths"]["/invocations"]["post"]
    described = path["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["predictions"]["items"]
    assert set(described["properties"]) == set(described["required"]) == set(prediction)
    if "category" in prediction:
        assert described["properties"]["category"]["enum"] == list(CATEGORIES)
        assert described["properties"]["scores"]["required"] == list(CATEGORIES)
    asked = path["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0]
    assert contract.label.name not in asked["required"]


def test_json_lines_and_csv_have_the_same(
    served: tuple[Contract, TestClient, dict[str, Any]], record: dict[str, Any]
) -> None:
    contract, client, prediction = served
    content = record_of(contract, record)
    lines = client.post("/invocations", json=content, headers={"accept": "application/jsonlines"}).text
    assert prediction.items() <= json.loads(lines).items()
    text = client.post("/invocations", json=content, headers={"accept": "text/csv"}).text
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["model_version"] == "7"
    if "category" in prediction:
        assert row["category"] == prediction["category"]
        assert [float(row[f"score_of_{name}"]) for name in CATEGORIES] == list(PROBABILITIES)
    else:
        assert next(iter(row)) == "score"
        assert float(row["score"]) == prediction["score"]


@pytest.mark.parametrize("scores", [(0.5, 0.5), (0.5, 0.5, float("nan"))])
def test_a_model_with_other_scores_than_categories_is_not_served(contract: Contract, scores: Any) -> None:
    with pytest.raises(ValueError, match="the model returned"):
        client_of(as_multiclass(contract), scores)
