"""Retraining after a broken contract, with the alarm as its cause."""

from datetime import UTC, datetime
from typing import Any

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import profile_name
from sagemaker_mlops.delivery.start_training import Outcome, request_training
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import BROKEN_ALARM
from sagemaker_mlops.events.start_training.cause import Cause


def contract_alarm(target: Target) -> dict[str, Any]:
    """Return the environment's alarm for a broken contract. Raise DeliveryError if it is not deployed."""
    if not target.environment.monitored:
        raise DeliveryError(f"{target.name} is not monitored: see monitored in the settings")
    name = target.names.alarm(BROKEN_ALARM)
    answer = target.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    alarms: list[dict[str, Any]] = answer.get("CompositeAlarms", [])
    if not alarms:
        raise DeliveryError(f"{target.name} has no alarm {name}. Deploy it: mlops deploy -e {target.name}")
    return alarms[0]


def alarm_cause(target: Target) -> Cause:
    """Return the cause for the firing alarm, with the same id that the notify function gives it.

    Raises:
        DeliveryError: The alarm does not fire or is not deployed.
    """
    alarm = contract_alarm(target)
    name, state = alarm["AlarmName"], alarm["StateValue"]
    if state != "ALARM":
        raise DeliveryError(
            f"{name} does not fire: it is {state}. To train all the same: mlops train start --window ..."
        )
    since: datetime = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
    return Cause("drift", f"{name}@{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")


def retrain(target: Target, cause_id: str | None) -> Outcome:
    """Request a training because the contract is broken; the same cause gives the same outcome.

    Args:
        target: Environment whose contract is broken.
        cause_id: Id of the cause; by default that of the firing alarm.

    Raises:
        DeliveryError: The alarm does not fire, or trainings run in another account; then the message contains the
            command to run there.
    """
    cause = Cause("drift", cause_id) if cause_id else alarm_cause(target)
    registry = target.registry
    if registry.environment.account != target.environment.account:
        profile = profile_name(target.settings.project, registry.name)
        raise DeliveryError(
            f"{registry.name}, which trains, is account {registry.environment.account}, {target.name} is account "
            f"{target.environment.account}. Run there: AWS_PROFILE={profile} mlops train start --as-event "
            f"--cause {cause.kind} --cause-id {cause.cause_id}"
        )
    return request_training(registry, cause)
