"""Model registry: read versions, approve them, and record their releases."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.target import Target

NONE = "none"
MISSING = ("ValidationException", "ResourceNotFound")
LONGEST_VALUE = 256  # of a metadata property


@dataclass(frozen=True)
class ModelVersion:
    """A model package version; `baselines` are its DriftCheckBaselines."""

    arn: str
    number: int
    approval: str
    metadata: dict[str, str]
    baselines: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict, compare=False)


def version_number(arn: str) -> int:
    """Return the version number of a model package ARN."""
    return int(arn.rpartition("/")[2])


def released_key(environment: str) -> str:
    """Return the metadata key that records when a version was released to an environment."""
    return f"released_{environment}"


def describe_version(target: Target, arn: str) -> ModelVersion:
    """Return the version with an ARN. Raise DeliveryError if the registry does not have it."""
    try:
        package = target.registry.client("sagemaker").describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        raise DeliveryError(f"expected a model version of the registry, found none at {arn}: {error}") from None
    return _version(package)


def _version(package: dict[str, Any]) -> ModelVersion:
    return ModelVersion(
        package["ModelPackageArn"],
        package["ModelPackageVersion"],
        package["ModelApprovalStatus"],
        package.get("CustomerMetadataProperties", {}),
        package.get("DriftCheckBaselines", {}),
    )


def _group_arn(registry: Target) -> str:
    """Return the ARN of the group, because SageMaker would look up a bare name in the caller's account."""
    return registry.names.arn("sagemaker", f"model-package-group/{registry.names.model_package_group}")


def list_versions(target: Target) -> list[ModelVersion]:
    """Return every version in the registry, newest first. Raise DeliveryError if there is no registry."""
    registry = target.registry
    sagemaker = registry.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=_group_arn(registry), SortBy="CreationTime", SortOrder="Descending"
    )
    try:
        summaries = [summary for answer in pages for summary in answer["ModelPackageSummaryList"]]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise DeliveryError(f"{registry.name} has no model registry yet. {do_first('deploy', registry.name)}") from None
    return [describe_version(target, summary["ModelPackageArn"]) for summary in summaries]


def newest_approved(target: Target) -> ModelVersion:
    """Return the newest approved version. Raise DeliveryError if there is none."""
    approved = [version for version in list_versions(target) if version.approval == "Approved"]
    if not approved:
        raise DeliveryError("expected an approved version in the registry, found none. Approve one: mlops approve")
    return max(approved, key=lambda version: version.number)


def champion_of(versions: list[ModelVersion], environment: str = "production") -> ModelVersion | None:
    """Return the version whose recorded release to an environment is the newest; None before the first one."""
    key = released_key(environment)
    released = [version for version in versions if key in version.metadata]
    return max(released, key=lambda version: version.metadata[key], default=None)


def approve(target: Target, arn: str, reason: str) -> ModelVersion:
    """Approve a version and return it."""
    return _decide(target, arn, "Approved", reason)


def reject(target: Target, arn: str, reason: str) -> ModelVersion:
    """Reject a version and return it."""
    return _decide(target, arn, "Rejected", reason)


def _decide(target: Target, arn: str, status: str, reason: str) -> ModelVersion:
    """Set the approval status of a version unless it has it, because every write emits an EventBridge event."""
    if describe_version(target, arn).approval != status:
        target.registry.client("sagemaker").update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus=status, ApprovalDescription=reason
        )
    return describe_version(target, arn)


def stamp_release(target: Target, version: ModelVersion) -> None:
    """Record in the registry that a version was released to an environment now."""
    _stamp(target, version, {released_key(target.name): _now()})


def stamp_failure(target: Target, version: ModelVersion, reason: str) -> None:
    """Record in the registry that the release of a version failed.

    Characters of the reason that SageMaker does not allow in metadata are replaced, and it is cut to 256 characters.
    """
    allowed = re.sub(r"[^\w .:/=+\-@]+", " ", reason)[:LONGEST_VALUE].strip()
    _stamp(target, version, {f"failed_{target.name}": _now(), f"failed_{target.name}_reason": allowed or "unknown"})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _stamp(target: Target, version: ModelVersion, properties: dict[str, str]) -> None:
    target.registry.client("sagemaker").update_model_package(
        ModelPackageArn=version.arn, CustomerMetadataProperties=properties
    )
