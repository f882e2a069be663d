"""Mapping of events to the workflows that they start and their inputs, as pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MODEL_PACKAGE_EVENT = "SageMaker Model Package State Change"
ALARM_EVENT = "CloudWatch Alarm State Change"
RECONCILE_EVENT = "Reconcile Workflows"
DECISIONS = ("Approved", "Rejected")


@dataclass(frozen=True)
class Dispatch:
    """A workflow to start, and its inputs; GitHub requires strings as input values.

    Args:
        workflow: file name of the workflow.
        inputs: inputs of its workflow_dispatch event.
        is_optional: True if the start may be skipped while GitHub is not configured, because it is repeated regularly.
    """

    workflow: str
    inputs: Mapping[str, str]
    is_optional: bool = False


def dispatch_of(event: Mapping[str, Any], environment: str) -> Dispatch | None:
    """Return the workflow that an event starts, or None for an event that starts no workflow.

    The inputs contain the id of the event for tracing, except for the reconcile workflow, which has no inputs.

    Args:
        event: an EventBridge event.
        environment: name of the environment in which it occurred.
    """
    if event["detail-type"] == RECONCILE_EVENT:
        return Dispatch("reconcile.yml", {}, is_optional=True)
    detail = event["detail"]
    if event["detail-type"] == MODEL_PACKAGE_EVENT and _is_decision(detail):
        inputs = {"model_package_arn": detail["ModelPackageArn"], "decision": detail["ModelApprovalStatus"]}
        return Dispatch("promote.yml", {**inputs, "event_id": event["id"]})
    if event["detail-type"] == ALARM_EVENT and detail["state"]["value"] == "ALARM":
        inputs = {"environment": environment, "alarm_name": detail["alarmName"], "cause_id": _cause_id(detail)}
        return Dispatch("retrain.yml", {**inputs, "event_id": event["id"]})
    return None


def _is_decision(detail: Mapping[str, Any]) -> bool:
    """Return True if the event is an approval or rejection of a version.

    An event for a change of metadata, such as the time of a release, contains the approval status as well. Without a
    list of updated fields, the event counts as a decision.
    """
    changed = detail.get("UpdatedModelPackageFields")
    return detail.get("ModelApprovalStatus") in DECISIONS and (changed is None or "ModelApprovalStatus" in changed)


def _cause_id(detail: Mapping[str, Any]) -> str:
    """Return an id from the alarm's name and start time, which is the same for repeated events."""
    since = datetime.fromisoformat(detail["state"]["timestamp"]).astimezone(UTC)
    return f"{detail['alarmName']}@{since:%Y-%m-%dT%H:%M:%SZ}"
