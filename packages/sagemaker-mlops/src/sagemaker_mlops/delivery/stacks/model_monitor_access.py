"""Detection of accounts that cannot use Model Monitor, and the command that switches the runtime.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html. The date is from the
notice on the Model Monitor pages, https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-cloudwatch.html.
The wording of the refusal is an assumption, because no example is published. The pattern follows the messages of
services that AWS closed in the same way: "no longer available to new customers", "is only available for existing
customers" and "is not allowed because there is no existing ..." (rebuy-de/aws-nuke#341, ekristen/aws-nuke#665,
awslabs/sandbox-accounts-for-events#62).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

CLOSED_ON = "30 July 2026"
CLOSURE_PAGE = "https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html"
MONITOR_TYPES = re.compile(r"AWS::SageMaker::(MonitoringSchedule|\w+JobDefinition)")
REFUSAL = re.compile(r"\b(new|existing) customers\b|\bthere is no existing\b", re.IGNORECASE)
# CloudFormation sometimes omits the service's message: aws-samples/amazon-sagemaker-safe-deployment-pipeline#30.
WITHHELD = re.compile(r"Error occurred during operation '(CREATE|UPDATE)'")


def switch_command(environment: str) -> str:
    """Return the command that switches the monitors of an environment to a scheduled pipeline."""
    return f"mlops monitor runtime scheduled_pipeline -e {environment}"


def closed_message(environment: str) -> str:
    """Return the message for an account that cannot use Model Monitor: one sentence and one command."""
    return (
        f"AWS closed Model Monitor to new customers on {CLOSED_ON} and does not let this account use it; let a "
        f"scheduled pipeline run the same monitors, which keep their history: {switch_command(environment)}"
    )


def is_refusal(event: Mapping[str, Any]) -> bool:
    """Return True if a stack event reports that AWS does not let the account use Model Monitor."""
    return _concerns_monitors(event) and bool(REFUSAL.search(event.get("ResourceStatusReason", "")))


def was_refused(events: Iterable[Mapping[str, Any]]) -> bool:
    """Return True if any of the stack events reports that AWS does not let the account use Model Monitor."""
    return any(is_refusal(event) for event in events)


def failure_reason(event: Mapping[str, Any], environment: str) -> str:
    """Return why a resource failed, with the next step if the account may not be allowed to use Model Monitor."""
    if is_refusal(event):
        return closed_message(environment)
    reason = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
    if _concerns_monitors(event) and WITHHELD.search(reason):
        return (
            f"{reason}. CloudFormation withholds the service's reason. If this account never used Model Monitor, which "
            f"AWS closed to new customers on {CLOSED_ON}: {switch_command(environment)}"
        )
    return reason


def _concerns_monitors(event: Mapping[str, Any]) -> bool:
    is_failed = event["ResourceStatus"] in ("CREATE_FAILED", "UPDATE_FAILED")
    return is_failed and bool(MONITOR_TYPES.fullmatch(event.get("ResourceType", "")))
