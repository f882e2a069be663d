"""Training of the model. The same data and hyperparameters give the same bytes of the model file."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.features import FeatureEncoding, Matrix


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports of packages fail, unless they were imported before."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


# LightGBM imports both if they are installed, for interfaces that are not used here: a second and 90 MB in each server
# process and each training step.
with _without("pandas", "sklearn"):
    import lightgbm as lightgbm  # model.predict imports it from here

HYPERPARAMETERS_FILE = Path(__file__).with_name("hyperparameters.json")
MODEL_FILE = "model.txt"
ENCODING_FILE = "encoding.json"


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


def train(
    matrix: Matrix, labels: NDArray[np.bool_], encoding: FeatureEncoding, hyperparameters: Hyperparameters
) -> lightgbm.Booster:
    """Fit gradient-boosted trees.

    Args:
        matrix: rows x features, as `encode` returns it.
        labels: one outcome per row.
        encoding: names and categories of the matrix's columns.
        hyperparameters: number of trees and leaves, learning rate and seed.
    """
    dataset = lightgbm.Dataset(
        matrix,
        label=labels.astype(np.float64),
        feature_name=list(encoding.names),
        categorical_feature=encoding.category_positions,
    )
    return lightgbm.train(_parameters(hyperparameters), dataset, num_boost_round=hyperparameters.trees)


def _parameters(hyperparameters: Hyperparameters) -> dict[str, object]:
    """Return the parameters under LightGBM's names.

    `deterministic`, `force_row_wise` and a single thread make the result independent of the machine.
    """
    return {
        "objective": "binary",
        "num_leaves": hyperparameters.leaves,
        "learning_rate": hyperparameters.learning_rate,
        "seed": hyperparameters.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }


def save_model(booster: lightgbm.Booster, encoding: FeatureEncoding, directory: Path) -> None:
    """Write the model as text and JSON. Without pickle, loading the model cannot run code."""
    directory.mkdir(parents=True, exist_ok=True)
    booster.save_model(directory / MODEL_FILE)
    text = json.dumps(asdict(encoding), indent=2, ensure_ascii=False)
    (directory / ENCODING_FILE).write_text(text + "\n", encoding="utf-8")
