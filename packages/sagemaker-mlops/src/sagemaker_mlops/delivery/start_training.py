"""Ask the start-training function for a training. It decides; so does a person's command come into the ledger."""

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
    """What became of a cause: started, waiting, merged or suppressed, and why."""

    status: str
    reason: str
    execution_arn: str


def parse_window(text: str) -> tuple[str, str]:
    """First and last month of `2025-02:2025-07`; raises DeliveryError for anything else."""
    try:
        return window_of_text(text)
    except InvalidCause as error:
        raise DeliveryError(str(error)) from None


def request_training(target: Target, cause: Cause) -> Outcome:
    """Hand a cause over; the same kind and id again give the same outcome.

    Raises DeliveryError if the environment does not train or is not deployed, or the cause is not understood.
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
    """An id for a cause that has none of its own, such as a person's command."""
    return uuid.uuid4().hex
