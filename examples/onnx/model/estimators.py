"""Training of scikit-learn pipelines, and their conversion to ONNX: data, where a pickle would be code.

PyTorch's wheel for Linux has a gigabyte of CUDA libraries. A team that wants it writes its own `train`, exports with
`torch.onnx.export`, and keeps `onnx_model.py` as it is.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from model.onnx_model import INPUT, Encoding, OnnxModel

TREES: dict[str, Any] = {"n_estimators": 150, "max_depth": 3, "learning_rate": 0.05, "random_state": 7}
NETWORK: dict[str, Any] = {"hidden_layer_sizes": [64, 32], "max_iter": 120, "alpha": 0.01, "random_state": 7}


def hyperparameters() -> dict[str, object]:
    """Return what `train` uses."""
    return {"trees": TREES, "network": NETWORK}


def train(
    table: pl.DataFrame, labels: NDArray[Any], categories: Mapping[str, Sequence[str]], outcomes: Sequence[str] = ()
) -> OnnxModel:
    """Fit imputation, scaling, one-hot encoding, and trees or the network.

    Args:
        table: rows x features.
        labels: booleans, positions in `outcomes`, or numbers.
        categories: categories of each category column.
        outcomes: categories of the label, if it has more than two.

    Raises:
        ValueError: a category of the label has no row.
    """
    encoding = Encoding(tuple(table.columns), {name: tuple(values) for name, values in categories.items()})
    is_number = labels.dtype == np.float64
    if outcomes and len(np.unique(labels)) < len(outcomes):
        raise ValueError("expected rows of each category of the label; train on more months")
    estimator = GradientBoostingRegressor(**TREES) if is_number else MLPClassifier(**NETWORK)
    pipeline = make_pipeline(_columns_of(encoding), estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is a hyperparameter
        pipeline.fit(encoding.matrix(table), labels if is_number else labels.astype(np.int64))
    inputs = [(INPUT, FloatTensorType([None, len(encoding.names)]))]
    options = None if is_number else {id(pipeline): {"zipmap": False}}  # probabilities as a matrix
    return OnnxModel(to_onnx(pipeline, initial_types=inputs, options=options).SerializeToString(), encoding)


def _columns_of(encoding: Encoding) -> ColumnTransformer:
    """Return the preparation of the columns: numbers are imputed and scaled, categories one-hot encoded."""
    coded = [position for position, name in enumerate(encoding.names) if name in encoding.categories]
    numbers = [position for position in range(len(encoding.names)) if position not in coded]
    steps: list[tuple[str, Any, list[int]]] = []
    if numbers:
        steps.append(("numbers", make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()), numbers))
    if coded:
        missing = SimpleImputer(strategy="constant", fill_value=-1.0)
        steps.append(("categories", make_pipeline(missing, OneHotEncoder(handle_unknown="ignore")), coded))
    return ColumnTransformer(steps)
