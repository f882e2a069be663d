"""Wait for stack updates that another workflow or user has started.

The workflows `deliver` and `release` are in separate concurrency groups, so that a deployment that waits for a reviewer
does not block a release. CloudFormation allows only one update of a stack at a time.
"""

import time
from collections.abc import Callable

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks.state import capabilities, find_stack
from sagemaker_mlops.delivery.target import Target

POLL_SECONDS = 15.0


def stacks_in_change(target: Target) -> list[str]:
    """Return the names and statuses of the stacks that have an operation in progress."""
    found = []
    for capability in capabilities(target):
        stack = find_stack(target, capability)
        status = str(stack["StackStatus"]) if stack else ""
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            found.append(f"{target.names.stack(capability)} is {status}")
    return found


def wait_for_stacks(
    target: Target, say: Callable[[str], None], minutes: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Wait until no stack of an environment has an operation in progress.

    Args:
        target: Environment of the stacks.
        say: Called with a message whenever the stacks in progress change.
        minutes: Timeout in minutes.
        sleep: Replaces `time.sleep` in tests.

    Raises:
        DeliveryError: A stack still has an operation in progress at the timeout.
    """
    deadline = time.monotonic() + minutes * 60
    said: list[str] = []
    while found := stacks_in_change(target):
        if time.monotonic() >= deadline:
            raise DeliveryError(
                f"expected the stacks of {target.name} to be at rest after {minutes:g} minutes, found: "
                f"{'; '.join(found)}. See what changes them in CloudFormation, and run this job again"
            )
        if found != said:
            say(f"waiting: {'; '.join(found)}")
            said = found
        sleep(POLL_SECONDS)
