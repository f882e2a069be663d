"""Which workflow an event starts, and with what. Pure."""

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
    """One start of a workflow; inputs are texts, as GitHub wants them.

    Args:
        is_optional: whether nothing is lost if GitHub is not set up yet, since the next hour starts it again.
    """

    workflow: str
    inputs: Mapping[str, str]
    is_optional: bool = False


def dispatch_of(event: Mapping[str, Any], environment: str) -> Dispatch | None:
    """The workflow that an event starts; None for an event that starts none. The event's id goes along, for tracing."""
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
    """Whether somebody decided: a change of a version's metadata, such as a release's stamp, tells its approval again.

    Where the event does not say what was changed, it may have been the decision.
    """
    changed = detail.get("UpdatedModelPackageFields")
    return detail.get("ModelApprovalStatus") in DECISIONS and (changed is None or "ModelApprovalStatus" in changed)


def _cause_id(detail: Mapping[str, Any]) -> str:
    """The alarm and the second in which it began to fire: one cause, however often the alarm is told."""
    since = datetime.fromisoformat(detail["state"]["timestamp"]).astimezone(UTC)
    return f"{detail['alarmName']}@{since:%Y-%m-%dT%H:%M:%SZ}"
