"""Served version, read from the endpoint, its configuration and model, and the parameters of the stack."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.stacks.state import find_stack, parameters_of
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import PACKAGE_PARAMETER, SHADOW_PARAMETER

UNKNOWN = "unknown"


@dataclass(frozen=True)
class ServingState:
    """ARN of the served version, and the ARNs in the stack's parameters.

    Attributes:
        served_arn: Version that the endpoint serves; None if it serves none, UNKNOWN if that cannot be determined.
        parameter: Version in the stack's parameter; empty if there is none.
        shadow_parameter: Version in the stack's parameter for the shadow; empty if there is none.
    """

    served_arn: str | None
    parameter: str
    shadow_parameter: str

    @property
    def served_or_configured_arn(self) -> str:
        """ARN of the served version or, if it is unknown or there is none, of the one in the stack's parameter."""
        return self.served_arn if self.served_arn not in (None, UNKNOWN) else self.parameter

    def is_settled(self, arn: str) -> bool:
        """Return True if endpoint and stack both have this version, and no shadow is configured."""
        return (self.served_arn, self.parameter, self.shadow_parameter) == (arn, arn, "")


def serving_state(target: Target) -> ServingState:
    """Return the served version and the parameters of the serving stack."""
    stack = find_stack(target, "serving")
    parameters = parameters_of(stack) if stack else {}
    return ServingState(
        served_version(target), parameters.get(PACKAGE_PARAMETER, ""), parameters.get(SHADOW_PARAMETER, "")
    )


def served_version(target: Target) -> str | None:
    """Return the ARN of the version that the endpoint serves.

    Returns:
        None if there is no endpoint or it has failed. UNKNOWN if its configuration or model was deleted, which does not
        stop the endpoint from serving.
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
    """Return the description of the endpoint, or None if it does not exist."""
    try:
        found: dict[str, Any] = target.client("sagemaker").describe_endpoint(EndpointName=target.names.endpoint)
    except ClientError as error:
        if "Could not find endpoint" in str(error):
            return None
        raise
    return found
