"""Training requests to the start-training function, which decides and records each cause in the ledger."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.events.start_training.cause import Cause, InvalidCause
from sagemaker_mlops.events.start_training.cause import parse_window as window_of_text


@dataclass(frozen=True)
class Outcome:
    """Decision about a cause: `status` is started, waiting, merged or suppressed."""

    status: str
    reason: str
    execution_arn: str


def parse_window(text: str) -> tuple[str, str]:
    """Return the first and last month of a training window such as `2025-02:2025-07`.

    Raises:
        DeliveryError: The text is not such a window.
    """
    try:
        return window_of_text(text)
    except InvalidCause as error:
        raise DeliveryError(str(error)) from None


def request_training(target: Target, cause: Cause) -> Outcome:
    """Send a cause to the start-training function and return its decision.

    The call is idempotent: the same kind and id give the same outcome.

    Raises:
        DeliveryError: The environment does not train or is not deployed, or the function rejected the cause.
    """
    if not target.environment.trains:
        raise DeliveryError(
            f"{target.name} does not train; set trains: true in the environments file, or choose another"
        )
    client = target.client("lambda")
    name = target.names.function("start-training")
    try:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(cause.as_event()).encode())
    except client.exceptions.ResourceNotFoundException:
        raise DeliveryError(f"{target.name} has no function {name}. {do_first('deploy', target.name)}") from None
    content: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        raise DeliveryError(f"{name} refused: {content.get('errorMessage', content)}")
    return Outcome(content["status"], content["reason"], content["execution_arn"])


def new_cause_id() -> str:
    """Create an id for a cause that has none, such as a manual start."""
    return uuid.uuid4().hex
