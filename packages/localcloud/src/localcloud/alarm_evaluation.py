"""Evaluation of CloudWatch alarms: M out of N datapoints, with the four treatments of missing data.

The module does no I/O. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Treatment = Literal["missing", "ignore", "breaching", "notBreaching"]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
# CloudWatch's evaluation range is longer than N periods: older datapoints are used before a period counts as missing.
MORE_PERIODS = 2


@dataclass(frozen=True)
class Rule:
    """Evaluation settings of an alarm."""

    periods: int
    to_alarm: int
    threshold: float
    comparison: str
    treatment: Treatment


def evaluate(rule: Rule, values: Mapping[int, float], current: State) -> State:
    """Return the new state of an alarm.

    Args:
        rule: settings of the alarm.
        values: value of the statistic by age in periods; age 0 is the period that ended last. A period without data is
            missing from the mapping.
        current: present state of the alarm, which the treatment `ignore` keeps.
    """
    ages = sorted(age for age in values if age < rule.periods + MORE_PERIODS)[: rule.periods]
    present = len(ages)
    breaching = sum(COMPARISONS[rule.comparison](values[age], rule.threshold) for age in ages)
    missing = rule.periods - present
    if rule.treatment == "notBreaching":
        return "ALARM" if breaching >= rule.to_alarm else "OK"
    if rule.treatment == "breaching":
        return "ALARM" if breaching + missing >= rule.to_alarm else "OK"
    if rule.treatment == "ignore":
        if breaching >= rule.to_alarm:
            return "ALARM"
        return "OK" if present - breaching > rule.periods - rule.to_alarm else current
    if present == 0:
        return "INSUFFICIENT_DATA"
    return "ALARM" if breaching and breaching + missing >= rule.to_alarm else "OK"
