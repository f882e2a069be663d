"""A small trained model, and a record that it can score."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.project import ROOT

from model.features import FeatureEncoding, encode
from model.train import Hyperparameters, save_model, train

EXAMPLE_FILE = ROOT / "data" / "example_request.json"


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory, sample: pl.DataFrame, contract: Contract) -> Path:
    """A folder as SageMaker unpacks a model into."""
    directory = tmp_path_factory.mktemp("model")
    encoding = FeatureEncoding(contract.feature_names, contract.category_names)
    rows = sample.head(2000)
    few_trees = Hyperparameters(trees=10, leaves=7, learning_rate=0.1, seed=1)
    save_model(train(encode(rows, encoding), rows["Revenue"].to_numpy(), encoding, few_trees), encoding, directory)
    return directory


@pytest.fixture
def record() -> dict[str, Any]:
    """A record that keeps the contract."""
    content: dict[str, Any] = json.loads(EXAMPLE_FILE.read_text(encoding="utf-8"))["records"][0]
    return content
