"""Rates of each fairness group, and the largest differences between groups."""

from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import RateDifference
from sagemaker_mlops.contract.features import CategoryFeature
from sagemaker_mlops.contract.gates import is_judged
from sagemaker_mlops.runtime.metrics import Labels, Scores

RATES = ("true_positive_rate", "false_positive_rate", "selection_rate", "accuracy")


def group_rates(holdout: pl.DataFrame, labels: Labels, scores: Scores, contract: Contract) -> list[dict[str, Any]]:
    """Return rows, positives and rates of each group of each fairness feature.

    Args:
        holdout: the rows with the features.
        labels: boolean labels of the rows.
        scores: scores of the rows (0 to 1).
        contract: the contract with the fairness settings and the decision threshold.
    """
    predicted = scores >= contract.gates.decision_threshold
    return [
        row for feature in contract.fairness.groups for row in _rates_of(feature, holdout, labels, predicted, contract)
    ]


def _rates_of(
    feature: str, holdout: pl.DataFrame, labels: Labels, predicted: Labels, contract: Contract
) -> list[dict[str, Any]]:
    # These imports take seconds; import them only here, because a monitor may have nothing to judge.
    from fairlearn import metrics
    from sklearn.metrics import accuracy_score

    names = holdout[feature].cast(pl.String).fill_null("missing").to_numpy()
    positives = {name: int(labels[names == name].sum()) for name in np.unique(names)}
    rates_by_name = {
        "rows": metrics.count,
        "true_positive_rate": metrics.true_positive_rate,
        "false_positive_rate": metrics.false_positive_rate,
        "selection_rate": metrics.selection_rate,
        "accuracy": accuracy_score,
    }
    frame = metrics.MetricFrame(
        metrics=rates_by_name, y_true=labels, y_pred=predicted, sensitive_features={feature: names}
    )
    rates = frame.by_group.to_dict(orient="index")
    return [
        {
            "feature": feature,
            "group": group_label(feature, name, contract),
            "rows": int(values["rows"]),
            "positives": positives[name],
            "label_rate": positives[name] / max(1, int(values["rows"])),
            **{rate: float(values[rate]) for rate in RATES},
        }
        for name, values in rates.items()
    ]


def group_label(feature: str, name: str, contract: Contract) -> str:
    """Return the name of a group for reports: its value, or `group N` if the feature is sensitive."""
    if feature not in contract.sensitive_names:
        return name
    specification = contract.feature(feature)
    categories = specification.categories if isinstance(specification, CategoryFeature) else ("false", "true")
    return f"group {categories.index(name) + 1}" if name in categories else "group 0"


def group_differences(groups: list[dict[str, Any]], contract: Contract) -> list[RateDifference]:
    """Return the largest difference of each limited rate between groups that are large enough to judge.

    Args:
        groups: the rates of the groups, as `group_rates` returns them.
        contract: the contract with the fairness settings.
    """
    differences: list[RateDifference] = []
    for feature in contract.fairness.groups:
        for limit in contract.fairness.limits:
            judged = [
                group for group in groups if group["feature"] == feature and is_judged(group, limit.rate, contract)
            ]
            if len(judged) < 2:
                continue
            ordered = sorted(judged, key=lambda group: float(group[limit.rate]))
            differences.append(
                {
                    "feature": feature,
                    "rate": limit.rate,
                    "difference": ordered[-1][limit.rate] - ordered[0][limit.rate],
                    "between": [ordered[0]["group"], ordered[-1]["group"]],
                }
            )
    return differences
