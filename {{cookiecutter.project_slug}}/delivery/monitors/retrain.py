"""Answer a broken contract: ask for a training, with the alarm as its cause."""

from datetime import UTC, datetime
from typing import Any

from delivery.errors import DeliveryError
from delivery.start_training import Outcome, request_training
from delivery.target import Target
from infra.functions.start_training.cause import Cause
from infra.names import BROKEN_ALARM


def alarm_cause(target: Target) -> Cause:
    """The cause that the environment's contract alarm is, while it fires; raises DeliveryError if it does not."""
    name = target.names.alarm(BROKEN_ALARM)
    answer = target.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["CompositeAlarm", "MetricAlarm"]
    )
    alarms: list[dict[str, Any]] = [*answer.get("CompositeAlarms", []), *answer.get("MetricAlarms", [])]
    if not alarms:
        raise DeliveryError(f"{target.name} has no alarm {name}. Deploy it: make deploy ENV={target.name}")
    if alarms[0]["StateValue"] != "ALARM":
        raise DeliveryError(f"{name} does not fire: it is {alarms[0]['StateValue']}. To train all the same: make train")
    since: datetime = alarms[0].get("StateTransitionedTimestamp") or alarms[0]["StateUpdatedTimestamp"]
    return Cause("drift", f"{name}@{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def retrain(target: Target, cause_id: str | None) -> Outcome:
    """Ask for a training because the contract is broken; the same cause again gives the same outcome."""
    cause = Cause("drift", cause_id) if cause_id else alarm_cause(target)
    return request_training(target.registry, cause)
