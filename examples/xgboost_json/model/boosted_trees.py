"""The model: encoding of a table, training, prediction, saving and loading."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xgboost
from numpy.typing import NDArray

MODEL_FILE, ENCODING_FILE = "model.json", "encoding.json"
ROUNDS = 120
PARAMETERS = {"max_depth": 4, "eta": 0.1, "subsample": 0.9, "seed": 7, "nthread": 1, "tree_method": "hist"}
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Encoding:
    """Columns in the order of the matrix, and the categories of those that have some."""

    names: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    def matrix(self, table: pl.DataFrame) -> Matrix:
        """Return rows x columns: numbers, and a column for each category. A missing value is NaN."""
        columns = [column for name in self.names for column in self._columns(table[name])]
        limit = float(np.finfo(np.float32).max)  # XGBoost refuses infinities
        return np.clip(np.column_stack(columns), -limit, limit).astype(np.float32)

    def _columns(self, column: pl.Series) -> list[NDArray[np.float64]]:
        categories = self.categories.get(column.name)
        chosen = [column] if categories is None else [column == category for category in categories]
        return [one.cast(pl.Float64).fill_null(float("nan")).to_numpy() for one in chosen]

    def widths(self) -> list[int]:
        """Return how many columns of the matrix each column of the table has."""
        return [len(self.categories.get(name, ("",))) for name in self.names]


@dataclass(frozen=True)
class BoostedTrees:
    """Trained trees, and the encoding that they were trained with."""

    booster: xgboost.Booster
    encoding: Encoding

    def predict(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return probabilities, probabilities of the categories, or numbers."""
        scores = np.asarray(self.booster.predict(self._data(table)), dtype=np.float64)
        return scores / scores.sum(axis=1, keepdims=True) if scores.ndim == 2 else scores

    def attributions(self, table: pl.DataFrame) -> NDArray[np.float64]:
        """Return SHAP values as rows x columns (x categories of the label), summed over a column's categories."""
        values = np.asarray(self.booster.predict(self._data(table), pred_contribs=True), dtype=np.float64)
        ends = np.cumsum(self.encoding.widths())
        parts = np.split(values[..., :-1], ends[:-1], axis=-1)  # the last one is the expected value
        sums = np.stack([part.sum(axis=-1) for part in parts], axis=1)
        return sums[:, [self.encoding.names.index(name) for name in table.columns]]

    def save(self, directory: Path) -> None:
        """Write the trees and the encoding as JSON."""
        directory.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(directory / MODEL_FILE)
        text = json.dumps(asdict(self.encoding), ensure_ascii=False)
        (directory / ENCODING_FILE).write_text(text, encoding="utf-8")

    def _data(self, table: pl.DataFrame) -> xgboost.DMatrix:
        return xgboost.DMatrix(self.encoding.matrix(table), nthread=1)


def hyperparameters() -> dict[str, object]:
    """Return what `train` uses."""
    return {**PARAMETERS, "rounds": ROUNDS}


def train(
    table: pl.DataFrame, labels: NDArray[Any], categories: Mapping[str, Sequence[str]], outcomes: Sequence[str] = ()
) -> BoostedTrees:
    """Fit boosted trees.

    Args:
        table: rows x features.
        labels: booleans, positions in `outcomes`, or numbers.
        categories: categories of each category column.
        outcomes: categories of the label, if it has more than two.
    """
    encoding = Encoding(tuple(table.columns), {name: tuple(values) for name, values in categories.items()})
    objective: dict[str, object] = {"objective": "binary:logistic" if labels.dtype == np.bool_ else "reg:squarederror"}
    if outcomes:
        objective = {"objective": "multi:softprob", "num_class": len(outcomes)}
    data = xgboost.DMatrix(encoding.matrix(table), label=labels.astype(np.float64), nthread=1)
    return BoostedTrees(xgboost.train({**PARAMETERS, **objective}, data, num_boost_round=ROUNDS), encoding)


def load(directory: Path) -> BoostedTrees:
    """Load a model from the folder that `BoostedTrees.save` wrote."""
    content = json.loads((directory / ENCODING_FILE).read_text(encoding="utf-8"))
    categories = {name: tuple(values) for name, values in content["categories"].items()}
    booster = xgboost.Booster(model_file=directory / MODEL_FILE)
    booster.set_param({"nthread": 1})
    return BoostedTrees(booster, Encoding(tuple(content["names"]), categories))
