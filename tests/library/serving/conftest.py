"""A small trained model, and a record that it can score."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.project import ROOT
from sagemaker_mlops.runtime.model_interface import project_model

EXAMPLE_FILE = ROOT / "data" / "example_request.json"


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory, sample: pl.DataFrame, contract: Contract) -> Path:
    """A folder as SageMaker unpacks a model into."""
    directory = tmp_path_factory.mktemp("model")
    rows = sample.head(2000)
    features, labels = rows.select(contract.feature_names), rows[contract.label.name].to_numpy()
    project_model().train(features, labels, contract.category_names, contract.outcome_categories).save(directory)
    return directory


@pytest.fixture
def record() -> dict[str, Any]:
    """A record that keeps the contract."""
    content: dict[str, Any] = json.loads(EXAMPLE_FILE.read_text(encoding="utf-8"))["records"][0]
    return content
