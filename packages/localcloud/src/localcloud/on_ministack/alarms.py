"""Alarms with dimensions, M out of N, missing data and events, which ministack's evaluation lacks."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

from localcloud.alarm_evaluation import MORE_PERIODS, Rule, State, evaluate
from localcloud.cloud import Cloud
from localcloud.metric_math import evaluate_expression
from localcloud.scope import Scope

TICK_SECONDS = 0.5
MOST_POINTS = 5000  # only the newest ones count; an endpoint under load has thousands a minute
NO_METRIC_MATH = "localcloud evaluates metric math of alarms of stacks only"
ALARM_EVENT = "CloudWatch Alarm State Change"
log = logging.getLogger("localcloud")


def install_alarms(cloud: Cloud) -> None:
    """Evaluate the alarms of all accounts and regions every half second, in place of ministack."""
    from ministack.services import cloudwatch

    dispatch: Callable[..., None] = cloudwatch._dispatch_alarm_actions

    def dispatched(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
        dispatch(alarm, old, new, reason)
        _announce(cloud, alarm, old, new, reason)

    cloudwatch._dispatch_alarm_actions = dispatched
    cloudwatch._evaluate_alarm = lambda alarm: None
    cloudwatch._evaluate_all_alarms = lambda: None
    _let_stacks_have_metric_math()
    Thread(target=_tick, args=(cloud, cloud.stopping), daemon=True).start()


def _let_stacks_have_metric_math() -> None:
    """Keep the property `Metrics` of an alarm in a stack. ministack rejects such alarms."""
    from ministack.services.cloudformation import provisioners

    record: Callable[..., dict[str, Any]] = provisioners._cw_metric_alarm_record

    def recorded(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        metrics = properties.get("Metrics")
        if not metrics:
            return record(name, properties)
        first = next(entry["MetricStat"]["Metric"] for entry in metrics if "MetricStat" in entry)
        single = {key: value for key, value in properties.items() if key != "Metrics"}
        alarm = record(name, {**single, "MetricName": first["MetricName"], "Namespace": first["Namespace"]})
        return {**alarm, "MetricName": "", "Namespace": "", "Metrics": metrics}

    provisioners._cw_metric_alarm_record = recorded


def _announce(cloud: Cloud, alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
    from localcloud.on_ministack.resource_types import current_scope

    # The same second as in DescribeAlarms: together with the alarm's name it identifies the state change.
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(alarm["StateUpdatedTimestamp"]))
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {"value": new, "reason": reason, "timestamp": stamp},
        "previousState": {"value": old},
        "configuration": {"description": alarm.get("AlarmDescription", "")},
    }
    cloud.host.emit(current_scope(), "aws.cloudwatch", ALARM_EVENT, detail, [alarm["AlarmArn"]])


def _tick(cloud: Cloud, stopping: Event) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch

    while not stopping.wait(TICK_SECONDS):
        for (account, region, _), alarm in list(cloudwatch._alarms.all_items()):
            try:
                with request_scope(account, region):
                    _evaluate(cloud, Scope(account, region), alarm)
            except Exception:
                log.exception("the alarm %s could not be evaluated", alarm.get("AlarmName"))


def _evaluate(cloud: Cloud, scope: Scope, alarm: dict[str, Any]) -> None:
    if not alarm.get("Metrics") and not alarm.get("MetricName"):
        if alarm.setdefault("StateReason", "") != NO_METRIC_MATH:
            log.error("%s: %s", alarm["AlarmName"], NO_METRIC_MATH)
            alarm["StateReason"] = NO_METRIC_MATH
        return
    rule = Rule(
        periods=int(alarm["EvaluationPeriods"]),
        to_alarm=int(alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]),
        threshold=float(alarm["Threshold"]),
        comparison=alarm["ComparisonOperator"],
        treatment=alarm.get("TreatMissingData") or "missing",
    )
    read = _math_values if alarm.get("Metrics") else _values
    values = read(alarm, cloud.clock.scale, rule.periods + MORE_PERIODS)
    _set_state(
        alarm, evaluate(rule, values, alarm["StateValue"]), f"{len(values)} datapoints, threshold {rule.threshold}"
    )


def _math_values(alarm: dict[str, Any], scale: float, periods: int) -> dict[int, float]:
    """Return the values of an alarm's expression by age in periods, for the newest periods."""
    metrics: dict[str, Mapping[int, float]] = {}
    for entry in alarm["Metrics"]:
        if "MetricStat" in entry:
            stat = entry["MetricStat"]
            single = {**stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"]}
            metrics[entry["Id"]] = _values(single, scale, periods)
    (expression,) = [entry["Expression"] for entry in alarm["Metrics"] if "Expression" in entry]
    return evaluate_expression(expression, metrics)


def _values(alarm: dict[str, Any], scale: float, periods: int) -> dict[int, float]:
    """Return the statistic of a metric by age in periods, for the newest periods.

    The length of a period is divided by the time scale: a minute lasts a second at a scale of 60.
    """
    from ministack.services import cloudwatch

    period_seconds = int(alarm["Period"]) / scale

    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    end = time.time() // period_seconds * period_seconds
    since = end - periods * period_seconds
    points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions), [])
    points = [point for point in points if point["Timestamp"] >= since][-MOST_POINTS:]
    by_age: dict[int, list[Any]] = {}
    for point in points:
        if not alarm.get("Unit") or point["Unit"] == alarm["Unit"]:
            age = math.ceil((end - point["Timestamp"]) / period_seconds) - 1
            if age >= 0:  # a negative age means that the period has not ended
                by_age.setdefault(age, []).append(point)
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    found = {
        age: cloudwatch._stat_value(cloudwatch._calc_stats(group), statistic, group) for age, group in by_age.items()
    }
    return {age: float(value) for age, value in found.items() if value is not None}


def _set_state(alarm: dict[str, Any], new: State, reason: str) -> None:
    from ministack.services import cloudwatch

    old = alarm["StateValue"]
    if old == new:
        return
    now = int(time.time())
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=now, StateTransitionedTimestamp=now)
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
