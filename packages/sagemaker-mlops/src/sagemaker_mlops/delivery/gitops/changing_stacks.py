"""Wait while somebody else changes an environment's stacks.

`deliver` and `release` are in concurrency groups of their own, so that a deployment which waits for a reviewer does not
hold a release up. CloudFormation changes a stack for one of them at a time.
"""

import time
from collections.abc import Callable

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks.state import capabilities, find_stack
from sagemaker_mlops.delivery.target import Target

POLL_SECONDS = 15.0


def stacks_in_change(target: Target) -> list[str]:
    """Return names and states of the stacks that are being changed at this moment."""
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
    """Wait until no stack of an environment is being changed; raises DeliveryError after so many minutes."""
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
