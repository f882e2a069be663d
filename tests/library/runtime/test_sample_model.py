"""The sample's model: its encoding, and that it keeps the interface for every type of label."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.model_conformance import CHECKS, Check, TrainedModel, train_on_random_rows

import model
from model.features import FeatureEncoding, encode
from tests.library.problems import as_multiclass, as_regression

ENCODING = FeatureEncoding(("number", "kind", "flag"), {"kind": ("a", "b")})


@pytest.fixture(scope="module", params=[as_multiclass, as_regression], ids=["multiclass", "regression"])
def trained(
    request: pytest.FixtureRequest, contract: Contract, tmp_path_factory: pytest.TempPathFactory
) -> TrainedModel:
    """The model for another problem; a project's own tests have the binary one."""
    change: Callable[[Contract], Contract] = request.param
    return train_on_random_rows(model, change(contract), tmp_path_factory.mktemp("model"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_model_keeps_the_interface(check: Check, trained: TrainedModel) -> None:
    check(trained)


def test_encoding_keeps_order_codes_and_missing_values() -> None:
    rows = pl.DataFrame({"flag": [True, None], "kind": ["b", "unknown"], "number": [2, None]})
    expected = np.array([[2.0, 1.0, 1.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(encode(rows, ENCODING), expected)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        model.load(tmp_path)
