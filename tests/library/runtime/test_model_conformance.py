"""Each check of a model finds the violation that it is for, and lets a small model pass that reads tables only."""

import json
import pickle
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime import model_conformance
from sagemaker_mlops.runtime.metrics import Labels, Scores
from sagemaker_mlops.runtime.model_conformance import CHECKS, Check, train_on_random_rows

# The only feature that the small model reads, and the only one without a null.
FEATURE = "BounceRates"
FILE = "model.json"


class SmallModel:
    """Score: the number itself, which is from 0 to 1."""

    def __init__(self, share: float) -> None:
        self.share = share

    def predict(self, table: pl.DataFrame) -> Scores:
        return np.clip(np.nan_to_num(table[FEATURE].to_numpy()), 0, 1) * self.share

    def save(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        (directory / FILE).write_text(json.dumps(self.share))


class SmallPackage:
    """The package of the small model, or of another one like it."""

    def __init__(self, kind: type[SmallModel] = SmallModel) -> None:
        self._kind = kind

    def hyperparameters(self) -> dict[str, object]:
        return {}

    def train(
        self, table: pl.DataFrame, labels: Labels, categories: Mapping[str, Sequence[str]], outcomes: Sequence[str]
    ) -> SmallModel:
        return self._kind(float(labels.mean()))

    def load(self, directory: Path) -> SmallModel:
        return self._kind(json.loads((directory / FILE).read_text()))


class NoProbabilities(SmallModel):
    def predict(self, table: pl.DataFrame) -> Scores:
        return super().predict(table) + 1


class DependsOnOtherRows(SmallModel):
    def predict(self, table: pl.DataFrame) -> Scores:
        return super().predict(table) / (1 + table.height)


class AnswersOtherwise(SmallModel):
    def predict_columns(self, columns: Mapping[str, Sequence[float]]) -> Scores:
        return np.full(len(columns[FEATURE]), 0.5)


class ReadsPositions(SmallModel):
    def predict(self, table: pl.DataFrame) -> Scores:
        return super().predict(
            table.rename({table.columns[0]: FEATURE, FEATURE: table.columns[0]}).cast({FEATURE: float})
        )


class WritesTheTime(SmallModel):
    def save(self, directory: Path) -> None:
        super().save(directory)
        (directory / "time.txt").write_text(str(time.time_ns()))


class ForgetsItsWeights(SmallModel):
    def save(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        (directory / FILE).write_text("0.123")


class SavesAPickle(SmallModel):
    def save(self, directory: Path) -> None:
        super().save(directory)
        (directory / "weights.bin").write_bytes(pickle.dumps([1]))


class NoScoreForLargeNumbers(SmallModel):
    def predict(self, table: pl.DataFrame) -> Scores:
        with np.errstate(all="ignore"):
            return super().predict(table) + 0 * table["PageValues"].to_numpy() ** 2


class NoScoreForMissingValues(SmallModel):
    def predict(self, table: pl.DataFrame) -> Scores:
        return super().predict(table) + 0 * table["Administrative_Duration"].cast(float).to_numpy()


class NoScoreForNewCategories(SmallModel):
    known: frozenset[str] = frozenset()

    def predict(self, table: pl.DataFrame) -> Scores:
        if table.height > 1:
            type(self).known = frozenset(table["OperatingSystems"].drop_nulls())
        is_known = np.array([value in self.known for value in table["OperatingSystems"]])
        return np.where(is_known, super().predict(table), np.nan)


class IsSlow(SmallModel):
    def predict(self, table: pl.DataFrame) -> Scores:
        time.sleep(0.06 if table.height == 1 else 0)
        return super().predict(table)


class ExplainsNothing(SmallModel):
    def attributions(self, table: pl.DataFrame) -> NDArray[np.float64]:
        return np.zeros((table.height, table.width))


class ExplainsTooFewColumns(SmallModel):
    def attributions(self, table: pl.DataFrame) -> NDArray[np.float64]:
        return np.zeros((table.height, 1))


@pytest.fixture(scope="module")
def nullable(contract: Contract) -> Contract:
    """The contract of the sample with one feature that may be missing."""
    features = [
        feature.model_copy(update={"nullable": True}) if feature.name == "Administrative_Duration" else feature
        for feature in contract.features
    ]
    return contract.model_copy(update={"features": tuple(features)})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_small_model_passes(check: Check, nullable: Contract, tmp_path: Path) -> None:
    check(train_on_random_rows(SmallPackage(), nullable, tmp_path / "model"))


@pytest.mark.parametrize(
    ("kind", "check", "message"),
    [
        (NoProbabilities, "scores_have_their_form", "expected scores from 0 to 1"),
        (DependsOnOtherRows, "one_record_scores_as_many", "one row scores otherwise than among others"),
        (AnswersOtherwise, "one_record_scores_as_many", "predict_columns differs from predict"),
        (ReadsPositions, "columns_may_come_in_any_order", "the order of the columns"),
        (WritesTheTime, "training_is_deterministic", "found others in time.txt"),
        (ForgetsItsWeights, "a_loaded_model_scores_as_before", "scores otherwise than the saved one"),
        (SavesAPickle, "no_file_is_a_pickle", "weights.bin"),
        (NoScoreForMissingValues, "missing_values_are_scored", "missing values in Administrative_Duration"),
        (NoScoreForNewCategories, "categories_that_training_lacked_are_scored", "OperatingSystems = '8'"),
        (NoScoreForLargeNumbers, "extreme_numbers_are_scored", "PageValues"),
        (IsSlow, "a_prediction_is_fast_enough", "within 25 ms"),
        (ExplainsNothing, "attributions_add_up", "expected the attributions of a row to add up"),
        (ExplainsTooFewColumns, "attributions_add_up", "of the shape"),
    ],
)
def test_a_violation_is_found(
    kind: type[SmallModel], check: str, message: str, nullable: Contract, tmp_path: Path
) -> None:
    trained = train_on_random_rows(SmallPackage(kind), nullable, tmp_path / "model")
    with pytest.raises(AssertionError, match=message):
        getattr(model_conformance, check)(trained)


def test_random_rows_keep_the_contract(nullable: Contract) -> None:
    table, labels = model_conformance.random_rows(nullable, 500)
    assert table.columns == list(nullable.feature_names)
    assert table["Administrative_Duration"].null_count() > 0
    assert table["BounceRates"].is_between(0, 1).all()
    assert 0 < labels.sum() < 500
