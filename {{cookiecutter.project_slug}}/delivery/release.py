"""Let an environment's endpoint serve a model version, and verify that it does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from delivery.errors import DeliveryError
from delivery.registry import NONE, ModelVersion, champion_of, describe_version, list_versions, stamp_release
from delivery.stacks.change_set import ChangeSet, Progress
from delivery.stacks.deploy import require_stack
from delivery.stacks.state import check_changeable, find_stack, parameters_of
from delivery.target import Target

PARAMETER = "ModelPackageArn"
DEPLOYMENTS = Path(__file__).parent.parent / "deployments"


@dataclass(frozen=True)
class Release:
    """The outcome of a release."""

    version: ModelVersion
    endpoint: str
    changed: bool


def recorded_version(environment: str) -> str:
    """The version that git records for an environment; raises DeliveryError if it records none."""
    path = DEPLOYMENTS / f"{environment}.yaml"
    try:
        recorded = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (yaml.YAMLError, ValueError):
        raise DeliveryError(f"expected YAML in deployments/{path.name}, found something else") from None
    arn = str(recorded.get("model_package_arn", NONE)) if isinstance(recorded, dict) else NONE
    if arn == NONE:
        raise DeliveryError(
            f"expected a model version, found neither ARN=... nor one in deployments/{path.name}. See: make versions"
        )
    return arn


def release(target: Target, arn: str, progress: Progress) -> Release:
    """Serve an approved version; the same version again changes nothing.

    Raises DeliveryError if the environment does not serve, the version is not approved, or another ends up serving.
    """
    if not target.environment.serves:
        raise DeliveryError(
            f"{target.name} does not serve; set serves: true in the environments file, or choose another"
        )
    version = describe_version(target, arn)
    if version.approval != "Approved":
        raise DeliveryError(
            f"version {version.number} is {version.approval}, only an approved one is released. "
            f"Approve it: make approve ARN={arn}"
        )
    require_stack(target, "serving")
    endpoint = target.names.endpoint
    if served_version(target) == arn and _parameter(target) == arn:
        if champion_of(list_versions(target), target.name) != version:
            stamp_release(target, version)  # an earlier release was interrupted before it could
        return Release(version, endpoint, changed=False)
    _change_parameter(target, arn, progress)
    served = served_version(target)
    if served != arn:
        raise DeliveryError(
            f"{endpoint} was to serve {arn}, but serves {served}: the update was rolled back. See its events and logs"
        )
    stamp_release(target, version)
    return Release(version, endpoint, changed=True)


def _parameter(target: Target) -> str:
    stack = find_stack(target, "serving")
    return parameters_of(stack).get(PARAMETER, "") if stack else ""


def _change_parameter(target: Target, arn: str, progress: Progress) -> None:
    """A release is a change of one parameter; if it fails, CloudFormation gives the old one back."""
    check_changeable(target, "serving")
    change_set = ChangeSet(target, target.names.stack("serving"))
    change_set.create_with_parameters({PARAMETER: arn})
    if not change_set.is_prepared():
        return
    change_set.refuse_dangers(frozenset())
    progress(f"{target.names.endpoint}: releasing")
    change_set.execute(progress)
    progress(f"{target.names.endpoint}: InService")


def served_version(target: Target) -> str | None:
    """ARN of the version that the endpoint serves, as endpoint, configuration and model say; None without endpoint."""
    sagemaker = target.client("sagemaker")
    endpoint = _describe_endpoint(target)
    if endpoint is None or endpoint["EndpointStatus"] == "Failed":
        return None
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    arn: str | None = model["PrimaryContainer"].get("ModelPackageName")
    return arn


def _describe_endpoint(target: Target) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = target.client("sagemaker").describe_endpoint(EndpointName=target.names.endpoint)
    except ClientError as error:
        if "Could not find endpoint" in str(error):
            return None
        raise
    return found
