"""Bias monitor: rates of the contract's groups before training, after training and live."""

from math import sqrt
from statistics import NormalDist
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import RateDifference
from sagemaker_mlops.contract.gates import is_judged
from sagemaker_mlops.contract.limits import FairnessLimit
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.findings import BIAS, Findings, Table, Violation
from sagemaker_mlops.monitoring.labels import LABEL
from sagemaker_mlops.runtime.fairness import group_differences, group_rates
from sagemaker_mlops.runtime.statistics import SCORE

Group = dict[str, Any]


def judge_bias(rows: pl.DataFrame, baseline: VersionBaseline, contract: Contract) -> Findings:
    """Check the fairness limits for the labelled predictions of one version.

    Groups that are too small are reported, but not checked.

    Args:
        rows: labelled predictions with label, score and the columns of the groups.
        baseline: baseline of the version.
        contract: contract with the groups and their limits.
    """
    found = Findings(baseline.version, notes=list(baseline.notes))
    groups = group_rates(rows, rows[LABEL].to_numpy(), rows[SCORE].to_numpy(), contract)
    limits = {limit.rate: limit for limit in contract.fairness.limits}
    judged = group_differences(groups, contract)
    found.judged = bool(judged)
    for difference in judged:
        limit = limits[difference["rate"]]
        least = difference["difference"] - _margin(difference, groups, contract)
        if least > limit.maximum_difference:
            found.violations.append(_violation(difference, limit, least, baseline.version))
    wanted = {(feature, limit.rate) for feature in contract.fairness.groups for limit in contract.fairness.limits}
    for feature, rate in sorted(wanted - {(one["feature"], one["rate"]) for one in judged}):
        found.notes.append(f"{rate} by {feature} is not judged: fewer than two groups have enough labels")
    found.tables += [_table(feature, groups, baseline, contract) for feature in contract.fairness.groups]
    found.statistics = {"version": "1.0", "post_training_bias_metrics": {"groups": groups, "differences": judged}}
    return found


def _violation(difference: RateDifference, limit: FairnessLimit, least: float, version: str) -> Violation:
    first, second = difference["between"]
    text = (
        f"{difference['rate']} differs by {difference['difference']:.3f} (at least {least:.3f}) between "
        f"{difference['feature']} {first} and {second}; the contract allows {limit.maximum_difference:g}"
    )
    return Violation(BIAS, text, difference["feature"], version)


def _margin(difference: RateDifference, groups: list[Group], contract: Contract) -> float:
    """Return the part of a difference that chance may explain, by the interval of Agresti and Caffo.

    The confidence is adjusted for the number of pairs of groups, because the difference is the largest of all pairs.

    Source: A. Agresti and B. Caffo, Simple and Effective Confidence Intervals for Proportions, 2000.
    """
    rate, names = difference["rate"], difference["between"]
    same = [group for group in groups if group["feature"] == difference["feature"] and is_judged(group, rate, contract)]
    pairs = len(same) * (len(same) - 1) / 2
    deviations = NormalDist().inv_cdf(1 - (1 - contract.gates.confidence) / pairs)
    variances = [_variance(group[rate], _rows_of(group, rate)) for group in same if group["group"] in names]
    return deviations * sqrt(sum(variances))


def _variance(share: float, rows: int) -> float:
    """Return the variance of a share, computed with one more row on each side.

    Otherwise a share of 0 would have no variance.
    """
    adjusted = (share * rows + 1) / (rows + 2)
    return adjusted * (1 - adjusted) / (rows + 2)


def _rows_of(group: Group, rate: str) -> int:
    """Return the number of rows that a rate is a share of."""
    positives, rows = int(group["positives"]), int(group["rows"])
    shares_of = {"true_positive_rate": positives, "false_positive_rate": rows - positives}
    return max(1, shares_of.get(rate, rows))


def _table(feature: str, groups: list[Group], baseline: VersionBaseline, contract: Contract) -> Table:
    rates = [limit.rate for limit in contract.fairness.limits]
    trained = {(group["feature"], group["group"]): group for group in baseline.groups}
    columns = [feature, "labels", "positive before training", "positive live"]
    columns += [f"{rate.replace('_', ' ')} {when}" for rate in rates for when in ("after training", "live")]
    rows = []
    for group in groups:
        if group["feature"] != feature:
            continue
        before = trained.get((feature, group["group"]), {})
        cells = [group["group"], f"{group['rows']:,}", _share(before, "label_rate"), _share(group, "label_rate")]
        cells += [_share(one, rate) for rate in rates for one in (before, group)]
        rows.append(tuple(cells))
    fairness = contract.fairness
    text = f"Judged: groups of at least {fairness.minimum_rows} labels, {fairness.minimum_positives} of an outcome."
    return Table(f"Groups of {feature}", tuple(columns), tuple(rows), explanation=text)


def _share(group: Group, rate: str) -> str:
    return f"{group[rate]:.3f}" if rate in group else ""
