"""Loading of a saved model, and scoring of rows with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from model.features import FeatureEncoding, Matrix, encode, encode_columns
from model.train import ENCODING_FILE, MODEL_FILE, lightgbm

ROWS_WORTH_THREADS = 1000


@dataclass(frozen=True)
class Model:
    """Loaded model: the trees, and the encoding that they were trained with."""

    booster: lightgbm.Booster
    encoding: FeatureEncoding


def load_model(directory: Path) -> Model:
    """Load a model from the folder that `save_model` wrote.

    Raises:
        FileNotFoundError: if a file is missing.
    """
    encoding = json.loads((directory / ENCODING_FILE).read_text(encoding="utf-8"))
    categories = {name: tuple(values) for name, values in encoding["categories"].items()}
    model_file = directory / MODEL_FILE
    if not model_file.exists():
        raise FileNotFoundError(model_file)
    return Model(lightgbm.Booster(model_file=model_file), FeatureEncoding(tuple(encoding["names"]), categories))


def predict_scores(model: Model, table: pl.DataFrame) -> NDArray[np.float64]:
    """Return the probability of a positive outcome for each row of a table."""
    return score_matrix(model, encode(table, model.encoding))


def predict_columns(model: Model, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float64]:
    """Return the same probabilities for rows in plain lists, one list per column.

    The server calls this function. If your model has no faster way, use `predict_scores(model, pl.DataFrame(columns))`,
    which is correct but slower.
    """
    return score_matrix(model, encode_columns(columns, model.encoding))


def score_matrix(model: Model, matrix: Matrix) -> NDArray[np.float64]:
    """Return the probability of a positive outcome for each row of an encoded matrix."""
    threads = 1 if len(matrix) < ROWS_WORTH_THREADS else 0  # 0: one thread per core
    return np.asarray(model.booster.predict(matrix, num_threads=threads))


def feature_attributions(model: Model, table: pl.DataFrame) -> dict[str, float]:
    """Return the mean absolute SHAP value of each feature over the rows, in log-odds.

    LightGBM computes SHAP values exactly (Lundberg et al., Consistent Individualized Feature Attribution for Tree
    Ensembles, 2018).
    """
    means = np.abs(row_attributions(model, table, model.encoding.names)).mean(axis=0)
    return dict(zip(model.encoding.names, means.tolist(), strict=True))


def row_attributions(model: Model, table: pl.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    """Return the SHAP values as a rows x names matrix, in log-odds."""
    values = np.asarray(model.booster.predict(encode(table, model.encoding), pred_contrib=True))
    return values[:, [model.encoding.names.index(name) for name in names]]
