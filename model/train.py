"""Training of the model. The same data and hyperparameters give the same bytes of the model file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from model.features import FeatureEncoding, encode
from model.predict import TreeModel, lightgbm

HYPERPARAMETERS_FILE = Path(__file__).with_name("hyperparameters.json")


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters that may be tuned, read from `hyperparameters.json`."""

    trees: int
    leaves: int
    learning_rate: float
    seed: int


def load_hyperparameters(path: Path = HYPERPARAMETERS_FILE) -> Hyperparameters:
    """Read the hyperparameters.

    Raises:
        TypeError: if a hyperparameter is missing or unknown.
    """
    return Hyperparameters(**json.loads(path.read_text(encoding="utf-8")))


def hyperparameters() -> dict[str, object]:
    """Return the hyperparameters that `train` uses, which are recorded with every version."""
    return asdict(load_hyperparameters())


def train(
    table: pl.DataFrame,
    labels: NDArray[Any],
    categories: Mapping[str, Sequence[str]],
    outcomes: Sequence[str] = (),
    parameters: Hyperparameters | None = None,
) -> TreeModel:
    """Fit gradient-boosted trees.

    Args:
        table: rows x features, with the types of the contract.
        labels: one outcome per row: booleans, positions in `outcomes`, or numbers.
        categories: categories of each category column; the other columns are numbers or booleans.
        outcomes: categories of the label, if it has more than two.
        parameters: number of trees and leaves, learning rate and seed; those of `hyperparameters.json` by default.
    """
    encoding = FeatureEncoding(tuple(table.columns), {name: tuple(values) for name, values in categories.items()})
    parameters = parameters or load_hyperparameters()
    dataset = lightgbm.Dataset(
        encode(table, encoding),
        label=labels.astype(np.float64),
        feature_name=[f"feature_{position}" for position in range(len(encoding.names))],
        categorical_feature=encoding.category_positions,
    )
    settings = _parameters(parameters) | _objective(labels, outcomes)
    booster = lightgbm.train(settings, dataset, num_boost_round=parameters.trees)
    return TreeModel(booster, encoding)


def _objective(labels: NDArray[Any], outcomes: Sequence[str]) -> dict[str, object]:
    if outcomes:
        return {"objective": "multiclass", "num_class": len(outcomes)}
    return {"objective": "binary" if labels.dtype == np.bool_ else "regression"}


def _parameters(hyperparameters: Hyperparameters) -> dict[str, object]:
    """Return the parameters under LightGBM's names.

    `deterministic`, `force_row_wise` and a single thread make the result independent of the machine.
    """
    return {
        "num_leaves": hyperparameters.leaves,
        "learning_rate": hyperparameters.learning_rate,
        "seed": hyperparameters.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
