"""SageMaker operations by name, and the function that validates and runs them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel

from localcloud.cloud import Cloud
from localcloud.errors import AwsError, NotInLocalcloud, validation_error
from localcloud.sagemaker.request_types import without_nulls
from localcloud.sagemaker.request_validation import validate_request
from localcloud.scope import Scope

Members = dict[str, Any]
TAGS = "Tags"
RESERVED_PREFIX = "aws:"


@dataclass(frozen=True)
class Request:
    """A call of an operation."""

    cloud: Cloud
    scope: Scope
    members: Members

    def __getitem__(self, name: str) -> Any:
        return self.members[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a member, or the default if the request does not have it."""
        return self.members.get(name, default)


Operation = Callable[[Request], Members]
OPERATIONS: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Register a function as the SageMaker operation of the same name: create_model is CreateModel."""
    name = "".join(word.title() for word in function.__name__.split("_"))
    OPERATIONS[name] = function
    return function


@cache
def service_model() -> ServiceModel:
    """Return botocore's model of SageMaker, which is loaded on first use."""
    return botocore.session.Session().get_service_model("sagemaker")


def call(cloud: Cloud, scope: Scope, name: str, members: Members) -> Members:
    """Validate a request, run its operation and return the response.

    Raises:
        AwsError: with the service's code and message.
        NotInLocalcloud: for an operation that localcloud does not implement.
    """
    if name not in OPERATIONS:
        if name not in service_model().operation_names:
            raise AwsError("UnknownOperationException", f"SageMaker has no operation {name}.")
        raise NotInLocalcloud(f"sagemaker:{name}")
    members = without_nulls(members)
    model = service_model().operation_model(name)
    validate_request(members, model.input_shape)
    refuse_reserved(members.get("Tags", []))
    answer = OPERATIONS[name](Request(cloud, scope, members))
    if name.startswith("Create"):
        _keep_tags(cloud, scope, members, answer)
    return _visible(answer, model)


def refuse_reserved(tags: list[Members]) -> None:
    """Raise ValidationException for a tag key that only AWS may set."""
    if any(tag["Key"].lower().startswith(RESERVED_PREFIX) for tag in tags):
        raise validation_error("aws: prefixed tag key names are not allowed for external use.")


def _keep_tags(cloud: Cloud, scope: Scope, members: Members, answer: Members) -> None:
    """Store the tags of a new resource, and delete those of a deleted one with the same ARN."""
    arn = next((str(value) for key, value in answer.items() if key.endswith("Arn")), None)
    if arn is None:
        return
    cloud.store.delete(scope, TAGS, arn)
    if members.get("Tags"):
        cloud.store.put(scope, TAGS, arn, {tag["Key"]: tag["Value"] for tag in members["Tags"]})


def _visible(answer: Members, model: OperationModel) -> Members:
    """Return the members that are part of the service's response, without those that only localcloud uses."""
    known = model.output_shape.members if model.output_shape else {}
    return {name: value for name, value in answer.items() if name in known and value is not None}
