"""Figures of each fairness group, and the largest differences between groups.

A group has a key for each rate of its problem. With a label of categories the rates are those of each category against
the others, under keys such as `true_positive_rate of B`.
"""

from collections.abc import Callable, Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import RateDifference
from sagemaker_mlops.contract.features import CategoryFeature
from sagemaker_mlops.contract.gates import OF, is_judged, limited_groups, rate_keys, rows_of_rate
from sagemaker_mlops.contract.limits import SHARES
from sagemaker_mlops.runtime.metrics import Labels, Scores
from sagemaker_mlops.runtime.problem import Outcomes, problem_of

Figures = dict[str, Any]
# A difference is found at the 5 % level in 80 % of samples if it is so many standard deviations.
DETECTED_DEVIATIONS = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)


def group_rates(holdout: pl.DataFrame, labels: Outcomes, scores: Scores, contract: Contract) -> list[Figures]:
    """Return rows and rates of each group of each fairness feature.

    Args:
        holdout: the rows with the features.
        labels: labels of the rows.
        scores: scores of the rows.
        contract: the contract with the fairness settings.
    """
    measure = _measures(contract)
    return [
        {"feature": feature, "group": group_label(feature, name, contract), "rows": int(rows.sum())}
        | measure(labels[rows], scores[rows])
        for feature in contract.fairness.groups
        for name, rows in _groups(holdout[feature]).items()
    ]


def _groups(column: pl.Series) -> Mapping[str, Labels]:
    names = column.cast(pl.String).fill_null("missing").to_numpy()
    return {str(name): names == name for name in np.unique(names)}


def _measures(contract: Contract) -> Callable[[Outcomes, Scores], Figures]:
    problem = problem_of(contract)
    if problem.type == "regression":
        return _errors
    if problem.type == "binary":
        return lambda labels, scores: _binary(labels, scores >= contract.gates.decision_threshold)
    return lambda labels, scores: _multiclass(labels, scores.argmax(axis=1), contract.outcome_categories)


def _binary(labels: Labels, predicted: Labels) -> Figures:
    positives = int(labels.sum())
    return {"positives": positives, "label_rate": positives / max(1, len(labels)), **_shares(labels, predicted)}


def _shares(labels: Labels, predicted: Labels) -> dict[str, float]:
    # The import takes seconds: import it only here, because a monitor may have nothing to judge.
    from fairlearn import metrics

    values = {
        "true_positive_rate": metrics.true_positive_rate(labels, predicted, pos_label=True),
        "false_positive_rate": metrics.false_positive_rate(labels, predicted, pos_label=True),
        "selection_rate": metrics.selection_rate(labels, predicted, pos_label=True),
        "accuracy": np.mean(labels == predicted),
    }
    return {name: float(value) for name, value in values.items()}


def _multiclass(labels: Outcomes, predicted: Outcomes, categories: tuple[str, ...]) -> Figures:
    found: Figures = {"accuracy": float(np.mean(labels == predicted)), "rows_by_category": {}}
    for position, category in enumerate(categories):
        is_category = labels == position
        shares = _shares(is_category, predicted == position)
        found["rows_by_category"][category] = int(is_category.sum())
        found |= {f"{rate}{OF}{category}": shares[rate] for rate in SHARES if rate != "accuracy"}
    return found


def _errors(labels: Outcomes, scores: Scores) -> Figures:
    """Return the mean errors, with the variance of each mean, which the monitor needs for its margin."""
    errors = {"mean_absolute_error": np.abs(scores - labels), "mean_error": scores - labels}
    return {
        "mean_label": float(labels.mean()),
        **{name: float(values.mean()) for name, values in errors.items()},
        "variances": {name: float(values.var() / max(1, len(values) - 1)) for name, values in errors.items()},
    }


def rate_interval(group: Figures, key: str, confidence: float) -> tuple[float, float]:
    """Return the interval of a group's rate: of a share by Agresti and Coull, of a mean error by its variance.

    Source: A. Agresti and B. Coull, Approximate Is Better than Exact for Interval Estimation of Binomial Proportions,
    1998.
    """
    deviations = NormalDist().inv_cdf((1 + confidence) / 2)
    if "variances" in group:
        half = deviations * sqrt(group["variances"][key])
        return group[key] - half, group[key] + half
    rows = rows_of_rate(group, key)
    adjusted = rows + deviations**2
    middle = (group[key] * rows + deviations**2 / 2) / adjusted
    half = deviations * sqrt(middle * (1 - middle) / adjusted)
    return max(0.0, middle - half), min(1.0, middle + half)


def group_label(feature: str, name: str, contract: Contract) -> str:
    """Return the name of a group for reports: its value, or `group N` if the feature is sensitive."""
    if feature not in contract.sensitive_names:
        return name
    specification = contract.column(feature)
    categories = specification.categories if isinstance(specification, CategoryFeature) else ("false", "true")
    return f"group {categories.index(name) + 1}" if name in categories else "group 0"


def group_differences(groups: list[Figures], contract: Contract) -> list[RateDifference]:
    """Return the largest difference of each limited rate between groups that are large enough to judge.

    Args:
        groups: the rates of the groups, as `group_rates` returns them.
        contract: the contract with the fairness settings.
    """
    wanted = [(feature, key) for feature, limit in limited_groups(contract) for key in rate_keys(limit.rate, contract)]
    found = [_difference(groups, feature, key, contract) for feature, key in wanted]
    return [difference for difference in found if difference is not None]


def _difference(groups: list[Figures], feature: str, key: str, contract: Contract) -> RateDifference | None:
    judged = [group for group in groups if group["feature"] == feature and is_judged(group, key, contract)]
    if len(judged) < 2:
        return None
    ordered = sorted(judged, key=lambda group: float(group[key]))
    return {
        "feature": feature,
        "rate": key,
        "difference": ordered[-1][key] - ordered[0][key],
        "between": [ordered[0]["group"], ordered[-1]["group"]],
        "detectable": DETECTED_DEVIATIONS * sqrt(rate_variance(ordered[0], key) + rate_variance(ordered[-1], key)),
    }


def rate_variance(group: Figures, key: str) -> float:
    """Return the variance of a group's rate; of a share it is computed with one more row on each side.

    Otherwise a share of 0 would have no variance.

    Source: A. Agresti and B. Caffo, Simple and Effective Confidence Intervals for Proportions, 2000.
    """
    if "variances" in group:
        return float(group["variances"][key])
    share, rows = group[key], max(1, rows_of_rate(group, key))
    adjusted: float = (share * rows + 1) / (rows + 2)
    return adjusted * (1 - adjusted) / (rows + 2)
