"""A first model on a sample of the rows: what can be promised, and which columns know too much."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.fairness import group_differences, group_rates
from sagemaker_mlops.runtime.intervals import Interval, measure, point_value
from sagemaker_mlops.runtime.metrics import Labels, Scores
from sagemaker_mlops.runtime.model_interface import ModelPackage

FOLDS, SEED = 3, 20_250_701
# A single column that orders the outcomes so well is rarely known before them.
SUSPICIOUS_AUC = 0.98
# Floors are rounded to two decimals, so rough ends of the intervals are enough.
BOOTSTRAP_SAMPLES = 200
FEWEST_ROWS = 100


@dataclass(frozen=True)
class FirstModel:
    """Cross-validated scores of a sample, their metrics with intervals, and the differences between groups."""

    rows: int
    positives: int
    metrics: dict[str, Interval]
    differences: list[dict[str, Any]]


def first_model(package: ModelPackage, table: pl.DataFrame, contract: Contract) -> FirstModel | None:
    """Train the project's model on folds of a table and measure it on the others.

    Args:
        package: the project's package `model`.
        table: rows that keep the contract, typed.
        contract: contract with features, label, decision threshold and groups.

    Returns:
        The measured model, or None if there are too few rows of one outcome to train on.
    """
    labels = table[contract.label.name].to_numpy()
    if min(int(labels.sum()), int((~labels).sum())) < FEWEST_ROWS:
        return None
    scores = _cross_validated(package, table.select(contract.feature_names), labels, contract)
    gates = contract.gates
    threshold, confidence = gates.decision_threshold, gates.confidence
    metrics = measure(labels, scores, threshold=threshold, confidence=confidence, samples=BOOTSTRAP_SAMPLES)
    groups = group_rates(table, labels, scores, contract)
    differences = [dict(one) for one in group_differences(groups, contract)]
    return FirstModel(table.height, int(labels.sum()), metrics, differences)


def _cross_validated(package: ModelPackage, features: pl.DataFrame, labels: Labels, contract: Contract) -> Scores:
    folds = np.random.default_rng(SEED).permutation(len(labels)) % FOLDS
    scores = np.zeros(len(labels))
    for fold in range(FOLDS):
        held_out = folds == fold
        model = package.train(features.filter(~held_out), labels[~held_out], contract.category_names)
        scores[held_out] = model.predict(features.filter(held_out))
    return scores


def suspects(table: pl.DataFrame, contract: Contract) -> dict[str, float]:
    """Return the features that alone order the outcomes almost perfectly, with their area under the ROC curve."""
    labels = table[contract.label.name].to_numpy()
    found = {name: _alone(table[name], labels) for name in contract.feature_names}
    return {name: auc for name, auc in found.items() if auc >= SUSPICIOUS_AUC}


def _alone(column: pl.Series, labels: Labels) -> float:
    """Return the area under the ROC curve of one column, whichever direction is better.

    Categories are ordered by their share of positive rows in the other half of the table, so that a category of one row
    does not know its own outcome.
    """
    if column.dtype == pl.String:
        scores = _shares_of_other_half(column, labels)
    else:
        scores = column.cast(pl.Float64).fill_null(column.cast(pl.Float64).median()).to_numpy()
    auc = point_value("roc_auc", labels, np.nan_to_num(scores), 0.5)
    return max(auc, 1 - auc)


def _shares_of_other_half(column: pl.Series, labels: Labels) -> Scores:
    half = np.arange(len(labels)) % 2 == 0
    frame = pl.DataFrame({"value": column, "label": labels, "half": half})
    shares = frame.group_by("value", "half").agg(pl.col("label").mean().alias("share"))
    turned = shares.with_columns(~pl.col("half"))
    joined = frame.join(turned, on=["value", "half"], how="left", nulls_equal=True, maintain_order="left")
    return joined["share"].fill_null(float(labels.mean())).to_numpy()
