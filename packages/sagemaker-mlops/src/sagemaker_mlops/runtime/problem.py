"""What depends on the type of the label: arrays of labels and scores, metrics, and how rows are resampled.

| problem | labels | scores |
|---|---|---|
| binary | booleans | probability of the positive outcome of each row |
| multiclass | positions of categories | probabilities, rows x categories |
| regression | numbers | predicted numbers |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.limits import Fairness
from sagemaker_mlops.runtime.metrics import Metric, Scores, binary_metrics
from sagemaker_mlops.runtime.multiclass_metrics import MULTICLASS_METRICS
from sagemaker_mlops.runtime.regression_metrics import REGRESSION_METRICS

Outcomes = NDArray[Any]
Rows = NDArray[np.int64]


class Problem(Protocol):
    """Type of problem of a contract."""

    @property
    def type(self) -> ProblemType:
        """Name in the contract."""
        ...

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics by name."""
        ...

    def labels(self, outcomes: pl.Series) -> Outcomes:
        """Return the typed outcomes of a table as an array."""
        ...

    def strata(self, labels: Outcomes) -> list[Rows]:
        """Return the positions of the rows that are resampled together."""
        ...

    def predictions(self, scores: Scores) -> pl.Series:
        """Return what is compared with later predictions: the score, or the most probable category."""
        ...

    def describe(self, labels: Outcomes) -> str:
        """Return the outcomes of rows as text for reports."""
        ...

    def lack(self, labels: Outcomes, fairness: Fairness) -> str:
        """Return why rows are too few to judge a model, or an empty string."""
        ...


@dataclass(frozen=True)
class BinaryProblem:
    """Two outcomes. Scores at or above the threshold count as positive."""

    threshold: float
    type: ProblemType = "binary"

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics by name."""
        return binary_metrics(self.threshold)

    def labels(self, outcomes: pl.Series) -> Outcomes:
        """Return booleans."""
        return outcomes.to_numpy()

    def strata(self, labels: Outcomes) -> list[Rows]:
        """Return positive and negative rows: a resample without a positive row has no AUC."""
        return [np.flatnonzero(labels), np.flatnonzero(~labels)]

    def predictions(self, scores: Scores) -> pl.Series:
        """Return the scores."""
        return pl.Series(scores)

    def describe(self, labels: Outcomes) -> str:
        """Return the number of positive rows."""
        return f"{int(labels.sum()):,} positive"

    def lack(self, labels: Outcomes, fairness: Fairness) -> str:
        """Require some rows of each outcome."""
        positives = int(labels.sum())
        if min(positives, len(labels) - positives) >= fairness.minimum_positives:
            return ""
        return (
            f"{len(labels):,} labels with {positives:,} positive ones are too few to judge the model; "
            f"at least {fairness.minimum_positives} of each outcome"
        )


@dataclass(frozen=True)
class MulticlassProblem:
    """Three or more categories."""

    categories: Sequence[str]
    type: ProblemType = "multiclass"

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics by name."""
        return MULTICLASS_METRICS

    def labels(self, outcomes: pl.Series) -> Outcomes:
        """Return positions of categories."""
        positions = pl.Series(range(len(self.categories)), dtype=pl.Int64)
        return outcomes.replace_strict(pl.Series(self.categories), positions, return_dtype=pl.Int64).to_numpy()

    def strata(self, labels: Outcomes) -> list[Rows]:
        """Return the rows of each category that occurs."""
        return [np.flatnonzero(labels == position) for position in np.unique(labels)]

    def predictions(self, scores: Scores) -> pl.Series:
        """Return the most probable categories."""
        return pl.Series([self.categories[position] for position in scores.argmax(axis=1)], dtype=pl.String)

    def describe(self, labels: Outcomes) -> str:
        """Return the number of rows of each category."""
        counts = np.bincount(labels, minlength=len(self.categories))
        return ", ".join(f"{name} {count:,}" for name, count in zip(self.categories, counts.tolist(), strict=True))

    def lack(self, labels: Outcomes, fairness: Fairness) -> str:
        """Require some rows of at least two categories, and as many rows as a group needs."""
        enough = np.bincount(labels, minlength=1) >= fairness.minimum_positives
        if len(labels) >= fairness.minimum_rows and enough.sum() >= 2:
            return ""
        return (
            f"{len(labels):,} labels are too few to judge the model; at least {fairness.minimum_rows}, and "
            f"{fairness.minimum_positives} of each of two categories"
        )


@dataclass(frozen=True)
class RegressionProblem:
    """A number."""

    type: ProblemType = "regression"

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics by name."""
        return REGRESSION_METRICS

    def labels(self, outcomes: pl.Series) -> Outcomes:
        """Return numbers."""
        return outcomes.cast(pl.Float64).to_numpy()

    def strata(self, labels: Outcomes) -> list[Rows]:
        """Return all rows."""
        return [np.arange(len(labels))]

    def predictions(self, scores: Scores) -> pl.Series:
        """Return the predicted numbers."""
        return pl.Series(scores)

    def describe(self, labels: Outcomes) -> str:
        """Return range and mean."""
        return f"labels from {labels.min():,.6g} to {labels.max():,.6g}, mean {labels.mean():,.6g}"

    def lack(self, labels: Outcomes, fairness: Fairness) -> str:
        """Require as many rows as a group needs."""
        if len(labels) >= fairness.minimum_rows:
            return ""
        return f"{len(labels):,} labels are too few to judge the model; at least {fairness.minimum_rows}"


def problem_of(contract: Contract) -> Problem:
    """Return the problem of a contract."""
    if contract.label.problem == "binary":
        return BinaryProblem(contract.gates.decision_threshold)
    return MulticlassProblem(contract.outcome_categories) if contract.outcome_categories else RegressionProblem()
