"""Alarms that fire now, as the events that they were when they began to."""

from typing import Any

ALARM_EVENT = "CloudWatch Alarm State Change"


def alarm_events(cloudwatch: Any, alarm_name: str) -> list[dict[str, Any]]:
    """The event of an alarm, if it fires; its id is the same every hour, for as long as it fires."""
    answer = cloudwatch.describe_alarms(AlarmNames=[alarm_name], AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    alarms = [*answer.get("CompositeAlarms", []), *answer.get("MetricAlarms", [])]
    return [_event(alarm) for alarm in alarms if alarm["StateValue"] == "ALARM"]


def _event(alarm: dict[str, Any]) -> dict[str, Any]:
    since = (alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]).isoformat(timespec="seconds")
    return {
        "id": f"reconcile-{alarm['AlarmName']}-{since}",
        "detail-type": ALARM_EVENT,
        "detail": {"alarmName": alarm["AlarmName"], "state": {"value": "ALARM", "timestamp": since}},
    }
