"""A first model on a sample of the rows: what can be promised, and which columns know too much."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.runtime.fairness import group_differences, group_rates
from sagemaker_mlops.runtime.intervals import Interval, measure
from sagemaker_mlops.runtime.metrics import Labels, Scores, roc_auc
from sagemaker_mlops.runtime.model_interface import ModelPackage
from sagemaker_mlops.runtime.problem import Outcomes, problem_of

FOLDS, SEED = 3, 20_250_701
# Differences between groups vary more in small hold-outs.
DRAWS, DRAWS_OF_SMALL, SMALL_ROWS = 8, 40, 1000
# Share of all rows that a hold-out of a first training surely has: a fifth of perhaps two thirds of the months.
EXPECTED_SHARE = 0.12
# A single column that predicts the outcomes so well is rarely known before them.
SUSPICIOUS = 0.98
TREE_LEAVES = 64
# Floors are rounded to two decimals, so rough ends of the intervals are enough.
BOOTSTRAP_SAMPLES = 200
# Rows of each outcome, or of all.
FEWEST_ROWS: dict[ProblemType, int] = {"binary": 100, "multiclass": 20, "regression": 100}


@dataclass(frozen=True)
class FirstModel:
    """Cross-validated scores of a sample, their metrics with intervals, and the differences between groups."""

    rows: int
    outcomes: str
    metrics: dict[str, Interval]
    differences: list[dict[str, Any]]


def first_model(package: ModelPackage, table: pl.DataFrame, contract: Contract, rows: int) -> FirstModel | None:
    """Train the project's model on folds of a table and measure it on the others.

    Args:
        package: the project's package `model`.
        table: rows that keep the contract, typed.
        contract: contract with features, label and groups.
        rows: rows of all files, of which the table is a sample.

    Returns:
        The measured model, or None if there are too few rows of one outcome to train on.
    """
    problem = problem_of(contract)
    labels = problem.labels(table[contract.label.name])
    if min(map(len, problem.strata(labels))) < FEWEST_ROWS[problem.type]:
        return None
    scores = _cross_validated(package, table.select(contract.feature_names), labels, contract)
    confidence = contract.gates.confidence
    metrics = measure(problem, labels, scores, confidence=confidence, samples=BOOTSTRAP_SAMPLES)
    differences = list(_differences(table, labels, scores, contract, max(1, int(EXPECTED_SHARE * rows))))
    return FirstModel(table.height, problem.describe(labels), metrics, differences)


def _differences(
    table: pl.DataFrame, labels: Outcomes, scores: Scores, contract: Contract, holdout_rows: int
) -> Iterator[dict[str, Any]]:
    """Yield the differences between groups in random parts as large as a hold-out, where chance makes them larger."""
    generator = np.random.default_rng(SEED)
    size = min(table.height, holdout_rows)
    draws = DRAWS_OF_SMALL if size <= SMALL_ROWS else DRAWS
    for _ in range(draws if contract.fairness.groups else 0):
        drawn = generator.choice(table.height, size, replace=False)
        groups = group_rates(table[drawn], labels[drawn], scores[drawn], contract)
        yield from (dict(one) for one in group_differences(groups, contract))


def _cross_validated(package: ModelPackage, features: pl.DataFrame, labels: Outcomes, contract: Contract) -> Scores:
    folds = np.random.default_rng(SEED).permutation(len(labels)) % FOLDS
    categories = contract.outcome_categories
    scores = np.zeros((len(labels), len(categories)) if categories else len(labels))
    for fold in range(FOLDS):
        held_out = folds == fold
        model = package.train(features.filter(~held_out), labels[~held_out], contract.category_names, categories)
        scores[held_out] = model.predict(features.filter(held_out))
    return scores


def suspects(table: pl.DataFrame, contract: Contract) -> dict[str, float]:
    """Return the features that alone predict the label almost perfectly, with how well.

    For a binary label that is the area under the ROC curve, for others the share of correct rows or of the variance.
    """
    problem = problem_of(contract)
    labels = problem.labels(table[contract.label.name])
    alone = _alone if problem.type == "binary" else partial(alone_in_a_tree, is_number=problem.type == "regression")
    found = {name: alone(table[name], labels) for name in contract.feature_names}
    return {name: value for name, value in found.items() if value >= SUSPICIOUS}


def alone_in_a_tree(column: pl.Series, labels: Outcomes, *, is_number: bool) -> float:
    """Return how well a small tree on one column predicts the other half of the rows.

    Args:
        column: the column; a text counts as its position in alphabetical order.
        labels: numbers, or positions of categories.
        is_number: return the share of the variance that is explained; otherwise the share of correct rows.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    codes = column.rank("dense") if column.dtype == pl.String else column
    values = codes.cast(pl.Float64).fill_null(-1.0).to_numpy().reshape(-1, 1)
    half = np.random.default_rng(SEED).permutation(len(labels)) % 2 == 0
    tree = (DecisionTreeRegressor if is_number else DecisionTreeClassifier)(
        max_leaf_nodes=TREE_LEAVES, random_state=SEED
    )
    return float(tree.fit(values[half], labels[half]).score(values[~half], labels[~half]))


def _alone(column: pl.Series, labels: Labels) -> float:
    """Return the area under the ROC curve of one column, whichever direction is better.

    Categories are ordered by their share of positive rows in the other half of the table, so that a category of one row
    does not know its own outcome.
    """
    if column.dtype == pl.String:
        scores = _shares_of_other_half(column, labels)
    else:
        scores = column.cast(pl.Float64).fill_null(column.cast(pl.Float64).median()).to_numpy()
    auc = float(roc_auc(labels, np.nan_to_num(scores), np.ones((1, len(labels))))[0])
    return max(auc, 1 - auc)


def _shares_of_other_half(column: pl.Series, labels: Labels) -> Scores:
    half = np.arange(len(labels)) % 2 == 0
    frame = pl.DataFrame({"value": column, "label": labels, "half": half})
    shares = frame.group_by("value", "half").agg(pl.col("label").mean().alias("share"))
    turned = shares.with_columns(~pl.col("half"))
    joined = frame.join(turned, on=["value", "half"], how="left", nulls_equal=True, maintain_order="left")
    return joined["share"].fill_null(float(labels.mean())).to_numpy()
