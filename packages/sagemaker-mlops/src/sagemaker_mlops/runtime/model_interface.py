"""Interface of a project's model: all that the library uses of the folder `model`.

The model does not import the library. Its package has the functions of `ModelPackage`, and the models that they return
have the methods of `Model`. `attributions` and `predict_columns` are optional.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature
from sagemaker_mlops.project import ROOT
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.problem import Outcomes

Columns = Mapping[str, Sequence[Any]]
PACKAGE = "model"
FUNCTIONS = ("hyperparameters", "train", "load")


class ModelInterfaceError(TypeError):
    """The project's model lacks a part of the interface; the message names it."""


class Model(Protocol):
    """Trained model of one version."""

    def predict(self, table: pl.DataFrame, /) -> Scores:
        """Return the scores of each row, which depend on nothing but the row.

        | problem | shape | score |
        |---|---|---|
        | binary | rows | probability of the positive outcome, from 0 to 1 |
        | multiclass | rows x categories | probabilities that add up to 1, in the order of `label.categories` |
        | regression | rows | the number that is predicted |

        Args:
            table: rows x features, in any order of columns. Numbers are Int64 or Float64, categories String, booleans
                Boolean. A missing value is null.
        """
        ...

    def save(self, directory: Path, /) -> None:
        """Write everything that `load` needs to a folder, as data: a pickle could run code when it is loaded.

        The same training gives the same bytes.
        """
        ...


@runtime_checkable
class ColumnModel(Protocol):
    """Model that can predict without a table, which is faster for the few rows of a request."""

    def predict_columns(self, columns: Columns, /) -> Scores:
        """Return what `predict` returns, for one list of values per feature."""
        ...


@runtime_checkable
class ExplainableModel(Protocol):
    """Model that can say what moved its scores."""

    def attributions(self, table: pl.DataFrame, /) -> NDArray[np.float64]:
        """Return the contribution of each value as a matrix of rows x columns of the table.

        The contributions of a row add up to its score, or to its log-odds, less a constant. With a label of categories
        the shape is rows x columns x categories, and those of a category add up to its log-probability, less what is
        the same for all categories of the row.
        """
        ...


class ModelPackage(Protocol):
    """The functions of the package `model`."""

    def hyperparameters(self) -> Mapping[str, object]:
        """Return the hyperparameters that `train` uses, as JSON values. They are recorded with the version."""
        ...

    def train(
        self,
        table: pl.DataFrame,
        labels: Outcomes,
        categories: Mapping[str, Sequence[str]],
        outcomes: Sequence[str],
        /,
    ) -> Model:
        """Train a model.

        Args:
            table: rows x features, typed as for `Model.predict`.
            labels: one outcome per row: bool (binary), int64 positions in `outcomes` (multiclass) or float64
                (regression).
            categories: categories of each category column, in the order of the contract.
            outcomes: categories of the label, in the order of the contract; empty unless the problem is multiclass.
        """
        ...

    def load(self, directory: Path, /) -> Model:
        """Load a model from the folder that `Model.save` wrote."""
        ...


def project_model() -> ModelPackage:
    """Return the project's package `model`.

    Raises:
        ModelInterfaceError: a function of the interface is missing.
    """
    if str(ROOT) not in sys.path:  # a console script has its own folder there, not the project
        sys.path.insert(0, str(ROOT))
    package = import_module(PACKAGE)
    missing = [name for name in FUNCTIONS if not callable(getattr(package, name, None))]
    if missing:
        raise ModelInterfaceError(
            f"model/__init__.py: expected the functions {', '.join(FUNCTIONS)}, found no {', '.join(missing)}. "
            "Import them there; docs/develop.md has the interface"
        )
    return cast(ModelPackage, package)


def column_predictor(model: Model, contract: Contract) -> Callable[[Columns], Scores]:
    """Return a function that scores plain lists: `predict_columns` of the model, or `predict` with a table."""
    if isinstance(model, ColumnModel):
        return model.predict_columns
    schema = {feature.name: column_type(feature) for feature in contract.features}
    return lambda columns: model.predict(pl.DataFrame(columns, schema=schema))


def mean_attributions(model: Model, table: pl.DataFrame) -> dict[str, float]:
    """Return the mean absolute attribution of each column, or nothing if the model cannot explain its scores."""
    if not isinstance(model, ExplainableModel):
        return {}
    means = weights_of_columns(model.attributions(table)).mean(axis=0)
    return dict(zip(table.columns, means.tolist(), strict=True))


def weights_of_columns(attributions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return absolute attributions as rows x columns: of a label with categories, the mean over them."""
    weights = np.abs(attributions)
    return np.asarray(weights.mean(axis=2)) if weights.ndim == 3 else weights


def column_type(feature: Feature) -> pl.DataType:
    """Return the type of a feature's column in requests. A number may have a fraction there: the rules judge it."""
    if isinstance(feature, CategoryFeature):
        return pl.String()
    return pl.Boolean() if isinstance(feature, BooleanFeature) else pl.Float64()
