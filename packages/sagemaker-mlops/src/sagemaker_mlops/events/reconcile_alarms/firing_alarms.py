"""Events of alarms that are firing, rebuilt from the state of the alarm."""

from typing import Any

ALARM_EVENT = "CloudWatch Alarm State Change"


def alarm_events(cloudwatch: Any, alarm_name: str) -> list[dict[str, Any]]:
    """Return the state change event of an alarm that is firing, or an empty list.

    The event's id contains the time at which the alarm began to fire, so it is the same in every hour until the alarm
    ends.

    Args:
        cloudwatch: boto3 CloudWatch client.
        alarm_name: name of a metric alarm or composite alarm.
    """
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
