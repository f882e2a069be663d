"""Let an environment's endpoint serve a model version, and verify that it does."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from delivery.errors import DeliveryError
from delivery.registry import NONE, ModelVersion, champion_of, describe_version, list_versions, stamp_release
from delivery.target import Target

VARIANT = "AllTraffic"
POLL_SECONDS = 0.3
DEPLOYMENTS = Path(__file__).parent.parent / "deployments"
Progress = Callable[[str], None]


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
            f"expected a model version, found neither --model-package-arn nor one in deployments/{path.name}"
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
    endpoint = target.names.endpoint
    _wait_for_earlier_change(target, progress)
    if served_version(target) == arn:
        if champion_of(list_versions(target), target.name) != version:
            stamp_release(target, version)  # an earlier release was interrupted before it could
        return Release(version, endpoint, changed=False)
    config_name = _make_config(target, version)
    _point_endpoint(target, config_name)
    _wait_until_in_service(target, progress)
    served = served_version(target)
    if served != arn:
        raise DeliveryError(
            f"{endpoint} was to serve {arn}, but serves {served}: the update was rolled back. See its events and logs"
        )
    stamp_release(target, version)
    return Release(version, endpoint, changed=True)


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


def _make_config(target: Target, version: ModelVersion) -> str:
    """Make model and endpoint configuration of a version, unless an earlier try made them."""
    sagemaker = target.client("sagemaker")
    name = f"{target.names.endpoint}-v{version.number}"
    container = {"ModelPackageName": version.arn, "Environment": {"MODEL_VERSION": str(version.number)}}
    variant = {
        "VariantName": VARIANT,
        "ModelName": name,
        "InstanceType": target.environment.serving_instance_type,
        "InitialInstanceCount": target.environment.serving_instance_count,
        "InitialVariantWeight": 1.0,
    }
    makers: list[Callable[[], object]] = [
        lambda: sagemaker.create_model(
            ModelName=name, PrimaryContainer=container, ExecutionRoleArn=target.registry.names.pipeline_role_arn
        ),
        lambda: sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant]),
    ]
    for make in makers:
        try:
            make()
        except ClientError as error:
            if "already existing" not in str(error):
                raise
    return name


def _point_endpoint(target: Target, config_name: str) -> None:
    sagemaker, name = target.client("sagemaker"), target.names.endpoint
    present = _describe_endpoint(target)
    if present is not None and present["EndpointStatus"] == "Failed":
        sagemaker.delete_endpoint(EndpointName=name)
        present = None
    if present is None:
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config_name)
    else:
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config_name)


def _wait_for_earlier_change(target: Target, progress: Progress) -> None:
    """A release that was interrupted here goes on over there; wait for it, since it cannot be changed meanwhile."""
    endpoint = _describe_endpoint(target)
    if endpoint is not None and endpoint["EndpointStatus"] not in ("InService", "Failed"):
        _wait_until_in_service(target, progress)


def _wait_until_in_service(target: Target, progress: Progress) -> None:
    shown = ""
    while True:
        endpoint = _describe_endpoint(target)
        status = endpoint["EndpointStatus"] if endpoint else "deleted"
        if status != shown:
            progress(f"{target.names.endpoint}: {status}")
            shown = status
        if status == "InService":
            return
        if endpoint is None or status == "Failed":
            reason = endpoint.get("FailureReason", "no reason given") if endpoint else "somebody deleted it"
            raise DeliveryError(f"{target.names.endpoint} did not come into service: {reason}")
        time.sleep(POLL_SECONDS)
