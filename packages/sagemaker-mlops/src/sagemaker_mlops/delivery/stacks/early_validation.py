"""Details of a failed change set validation, which the status reason of the change set does not contain.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
"""

from typing import Any

from botocore.exceptions import ClientError


def validation_faults(client: Any, stack: str, change_set: str) -> list[str]:
    """Return the validation faults of a change set, one text for each fault.

    Args:
        client: CloudFormation client.
        stack: Name of the stack.
        change_set: Name of the change set.

    Returns:
        An empty list if the change set failed for another reason, or if the events cannot be read.
    """
    try:
        answer = client.describe_events(StackName=stack, ChangeSetName=change_set, Filters={"FailedEvents": True})
    except ClientError:
        return []
    events = [event for event in answer["OperationEvents"] if event.get("ValidationStatus") == "FAILED"]
    return sorted({_text(event) for event in events})


def _text(event: dict[str, Any]) -> str:
    place = event.get("ValidationPath") or event.get("LogicalResourceId", "the template")
    return f"{place}: {event.get('ValidationStatusReason', event.get('ValidationName', 'failed'))}"
