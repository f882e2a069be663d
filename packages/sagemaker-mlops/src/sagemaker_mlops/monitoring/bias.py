"""Bias monitor: rates of the contract's groups before training, after training and live."""

from math import sqrt
from statistics import NormalDist
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import RateDifference
from sagemaker_mlops.contract.gates import is_judged, limited_groups, limited_keys, rate_keys
from sagemaker_mlops.contract.labels import ProblemType
from sagemaker_mlops.contract.limits import FairnessLimit
from sagemaker_mlops.contract.values import shown
from sagemaker_mlops.monitoring.answers import answer_columns
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.findings import BIAS, Findings, Table, Violation
from sagemaker_mlops.monitoring.labels import LABEL
from sagemaker_mlops.runtime.fairness import group_differences, group_rates, rate_variance
from sagemaker_mlops.runtime.problem import problem_of

Group = dict[str, Any]
# Key of a group that describes its labels, and its heading.
OUTCOMES: dict[ProblemType, tuple[str, str]] = {
    "binary": ("label_rate", "positive"),
    "multiclass": ("", ""),
    "regression": ("mean_label", "mean label"),
}


def judge_bias(rows: pl.DataFrame, baseline: VersionBaseline, contract: Contract) -> Findings:
    """Check the fairness limits for the labelled predictions of one version.

    Groups that are too small are reported, but not checked.

    Args:
        rows: labelled predictions with label, score and the columns of the groups.
        baseline: baseline of the version.
        contract: contract with the groups and their limits.
    """
    found = Findings(baseline.version, notes=list(baseline.notes))
    labels, scores = problem_of(contract).labels(rows[LABEL]), answer_columns(contract).scores(rows)
    groups = group_rates(rows, labels, scores, contract)
    limits = {
        (feature, key): limit for feature, limit in limited_groups(contract) for key in rate_keys(limit.rate, contract)
    }
    judged = group_differences(groups, contract)
    found.judged = bool(judged)
    for difference in judged:
        limit = limits[difference["feature"], difference["rate"]]
        least = difference["difference"] - _margin(difference, groups, contract)
        if least > limit.maximum_difference:
            found.violations.append(_violation(difference, limit, least, baseline.version))
    for feature, rate in sorted(limits.keys() - {(one["feature"], one["rate"]) for one in judged}):
        found.notes.append(f"{rate} by {feature} is not judged: fewer than two groups have enough labels")
    found.tables += [_table(feature, groups, baseline, contract) for feature in contract.fairness.groups]
    found.statistics = {"version": "1.0", "post_training_bias_metrics": {"groups": groups, "differences": judged}}
    return found


def _violation(difference: RateDifference, limit: FairnessLimit, least: float, version: str) -> Violation:
    first, second = difference["between"]
    text = (
        f"{difference['rate']} differs by {shown(difference['difference'])} (at least {shown(least)}) between "
        f"{difference['feature']} {first} and {second}; the contract allows {limit.maximum_difference:g}"
    )
    return Violation(BIAS, text, difference["feature"], version)


def _margin(difference: RateDifference, groups: list[Group], contract: Contract) -> float:
    """Return the part of a difference that chance may explain.

    For shares by the interval of Agresti and Caffo, for mean errors by the variance of a mean. The confidence is
    adjusted for the number of pairs of groups, because the difference is the largest of all pairs.

    Source: A. Agresti and B. Caffo, Simple and Effective Confidence Intervals for Proportions, 2000.
    """
    rate, names = difference["rate"], difference["between"]
    same = [group for group in groups if group["feature"] == difference["feature"] and is_judged(group, rate, contract)]
    pairs = len(same) * (len(same) - 1) / 2
    deviations = NormalDist().inv_cdf(1 - (1 - contract.gates.confidence) / pairs)
    variances = [rate_variance(group, rate) for group in same if group["group"] in names]
    return deviations * sqrt(sum(variances))


def _table(feature: str, groups: list[Group], baseline: VersionBaseline, contract: Contract) -> Table:
    rates = limited_keys(feature, contract)
    trained = {(group["feature"], group["group"]): group for group in baseline.groups}
    outcome, heading = OUTCOMES[contract.label.problem]
    columns = [feature, "labels"]
    columns += [f"{heading} before training", f"{heading} live"] if outcome else []
    columns += [f"{rate.replace('_', ' ')} {when}" for rate in rates for when in ("after training", "live")]
    rows = []
    for group in groups:
        if group["feature"] != feature:
            continue
        before = trained.get((feature, group["group"]), {})
        cells = [group["group"], f"{group['rows']:,}"]
        cells += [_share(before, outcome), _share(group, outcome)] if outcome else []
        cells += [_share(one, rate) for rate in rates for one in (before, group)]
        rows.append(tuple(cells))
    fairness = contract.fairness
    text = f"Judged: groups of at least {fairness.minimum_rows} labels, {fairness.minimum_positives} of an outcome."
    return Table(f"Groups of {feature}", tuple(columns), tuple(rows), explanation=text)


def _share(group: Group, rate: str) -> str:
    return shown(group[rate]) if rate in group else ""
