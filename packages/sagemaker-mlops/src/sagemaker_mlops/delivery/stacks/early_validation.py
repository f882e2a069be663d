"""Why CloudFormation's validation of a change set failed: its own reason only says that details can be asked for.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
"""

from typing import Any

from botocore.exceptions import ClientError


def validation_faults(client: Any, stack: str, change_set: str) -> list[str]:
    """Return what is wrong with the template of a change set, one text for each fault.

    Args:
        client: a CloudFormation client.
        stack: the stack's name.
        change_set: the change set's name.

    Empty if nothing is known: the change set failed for another reason, or the events may not be read.
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
