import sys
import types
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.model_interface import ModelInterfaceError, mean_attributions, project_model


class Constant:
    def predict(self, table: pl.DataFrame) -> Scores:
        return np.full(table.height, 0.5)

    def save(self, directory: Path) -> None:
        raise NotImplementedError


class Explained(Constant):
    def attributions(self, table: pl.DataFrame) -> Scores:
        return np.array([[1.0, -2.0], [-3.0, 0.0]])


def test_a_package_without_a_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    package = types.ModuleType("model")
    package.train = package.hyperparameters = lambda *_: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "model", package)
    with pytest.raises(ModelInterfaceError, match="found no load"):
        project_model()


def test_attributions_are_optional() -> None:
    table = pl.DataFrame({"a": [1, 2], "b": [3, 4]})
    assert mean_attributions(Constant(), table) == {}
    assert mean_attributions(Explained(), table) == {"a": 2.0, "b": 1.0}
