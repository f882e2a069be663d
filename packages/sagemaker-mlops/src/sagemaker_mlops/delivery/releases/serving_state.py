"""What serves, as the services themselves say: the endpoint, its configuration and model, the stack's parameters."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.stacks.state import find_stack, parameters_of
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import PACKAGE_PARAMETER, SHADOW_PARAMETER

UNKNOWN = "unknown"


@dataclass(frozen=True)
class ServingState:
    """ARNs of the versions that serve and that get copies, and those that the stack's parameters name."""

    served_arn: str | None
    parameter: str
    shadow_parameter: str

    @property
    def meant_arn(self) -> str:
        """The version that serves; where that cannot be told, or nothing serves, the one that the stack names."""
        return self.served_arn if self.served_arn not in (None, UNKNOWN) else self.parameter

    def is_settled(self, arn: str) -> bool:
        """Whether a version serves, is meant to, and no shadow is left beside it."""
        return (self.served_arn, self.parameter, self.shadow_parameter) == (arn, arn, "")


def serving_state(target: Target) -> ServingState:
    """Read what serves in an environment."""
    stack = find_stack(target, "serving")
    parameters = parameters_of(stack) if stack else {}
    return ServingState(
        served_version(target), parameters.get(PACKAGE_PARAMETER, ""), parameters.get(SHADOW_PARAMETER, "")
    )


def served_version(target: Target) -> str | None:
    """ARN of the version that the endpoint serves, as endpoint, configuration and model say; None without endpoint.

    UNKNOWN if the configuration or the model was deleted while the endpoint goes on serving it.
    """
    sagemaker = target.client("sagemaker")
    endpoint = describe_endpoint(target)
    if endpoint is None or endpoint["EndpointStatus"] == "Failed":
        return None
    try:
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    except ClientError as error:
        if "Could not find" in str(error):
            return UNKNOWN
        raise
    arn: str | None = model["PrimaryContainer"].get("ModelPackageName")
    return arn


def describe_endpoint(target: Target) -> dict[str, Any] | None:
    """The endpoint, or None."""
    try:
        found: dict[str, Any] = target.client("sagemaker").describe_endpoint(EndpointName=target.names.endpoint)
    except ClientError as error:
        if "Could not find endpoint" in str(error):
            return None
        raise
    return found
