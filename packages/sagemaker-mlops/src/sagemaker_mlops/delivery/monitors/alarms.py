"""Alarms of an environment with their states."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sagemaker_mlops.delivery.target import Target

ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")


@dataclass(frozen=True)
class Alarm:
    """An alarm: its state, since when, and CloudWatch's reason; `description` has the link to the runbook."""

    name: str
    state: str
    since: datetime
    reason: str
    description: str


def alarms(target: Target) -> list[Alarm]:
    """Return the alarms of an environment, those that fire first."""
    found: list[dict[str, Any]] = []
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=target.names.alarm(""), AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
        found += [*page.get("CompositeAlarms", []), *page.get("MetricAlarms", [])]
    return sorted(map(_alarm, found), key=lambda alarm: (ORDER.index(alarm.state), alarm.name))


def _alarm(content: dict[str, Any]) -> Alarm:
    since = content.get("StateTransitionedTimestamp") or content["StateUpdatedTimestamp"]
    return Alarm(
        content["AlarmName"],
        content["StateValue"],
        since,
        content.get("StateReason", ""),
        content.get("AlarmDescription", ""),
    )
