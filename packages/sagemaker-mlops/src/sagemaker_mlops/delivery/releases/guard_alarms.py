"""State of the guard alarms, which roll a release back."""

from collections.abc import Mapping

from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import GUARDS


def guard_states(target: Target) -> Mapping[str, str]:
    """Return the state of each guard alarm by guard: server-errors and latency."""
    names = {target.names.alarm(guard): guard for guard in GUARDS}
    answer = target.client("cloudwatch").describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm"])
    return {names[alarm["AlarmName"]]: alarm["StateValue"] for alarm in answer["MetricAlarms"]}


def firing_guards(target: Target) -> list[str]:
    """Return the names of the guard alarms in state ALARM."""
    return [target.names.alarm(guard) for guard, state in guard_states(target).items() if state == "ALARM"]
