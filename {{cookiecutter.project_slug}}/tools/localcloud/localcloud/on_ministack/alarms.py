"""Alarms with dimensions, M of N, missing data and events. ministack's own evaluation has none of it."""

import logging
import math
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from localcloud.alarm_evaluation import Rule, State, evaluate
from localcloud.cloud import Cloud
from localcloud.scope import Scope

TICK_SECONDS = 0.5
MOST_POINTS = 5000  # the newest; an endpoint under load has thousands a minute
NO_METRIC_MATH = "localcloud does not evaluate alarms on metric math"
ALARM_EVENT = "CloudWatch Alarm State Change"
log = logging.getLogger("localcloud")


def install_alarms(cloud: Cloud) -> None:
    """Evaluate every alarm of every account and region by the clock, in place of ministack's evaluation."""
    from ministack.services import cloudwatch

    dispatch: Callable[..., None] = cloudwatch._dispatch_alarm_actions

    def dispatched(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
        dispatch(alarm, old, new, reason)
        _announce(cloud, alarm, old, new, reason)

    cloudwatch._dispatch_alarm_actions = dispatched
    cloudwatch._evaluate_alarm = lambda alarm: None
    cloudwatch._evaluate_all_alarms = lambda: None
    Thread(target=_tick, args=(cloud, cloud.stopping), daemon=True).start()


def _announce(cloud: Cloud, alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
    from localcloud.on_ministack.resource_types import current_scope

    # The same second that DescribeAlarms tells: together with the name it is the alarm's identity.
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
    if alarm.get("Metrics") or not alarm.get("MetricName"):
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
    # Time can be scaled: a minute's period is a second long at a scale of 60.
    values = _values(alarm, int(alarm["Period"]) / cloud.clock.scale)
    _set_state(
        alarm, evaluate(rule, values, alarm["StateValue"]), f"{len(values)} datapoints, threshold {rule.threshold}"
    )


def _values(alarm: dict[str, Any], period_seconds: float) -> dict[int, float]:
    """The statistic by age in periods."""
    from ministack.services import cloudwatch

    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions), [])[-MOST_POINTS:]
    end = time.time() // period_seconds * period_seconds
    by_age: dict[int, list[Any]] = {}
    for point in points:
        if not alarm.get("Unit") or point["Unit"] == alarm["Unit"]:
            age = math.ceil((end - point["Timestamp"]) / period_seconds) - 1
            if age >= 0:  # else its period has not ended yet
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
