"""Model registry: groups, versions (model packages), approval, metadata and state change events."""

from typing import Any

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.callers import caller
from localcloud.sagemaker.listing import ASCENDING, Listing, chosen, listed
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.registry_access import GROUP, as_owner
from localcloud.scope import Scope

PACKAGE = "ModelPackage"
EVENT = "SageMaker Model Package State Change"
UPDATED_MEMBERS = ("ModelApprovalStatus", "ApprovalDescription", "ModelCard", "CustomerMetadataProperties")
EVENT_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageName",
    "ModelPackageArn",
    "ModelPackageVersion",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "InferenceSpecification",
    "ModelApprovalStatus",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "ModelPackageDescription",
    "CertifyForMarketplace",
    "MetadataProperties",
    "CreationTime",
    "LastModifiedTime",
    "Tags",
)
METADATA_LIMIT = 50
GROUPS = Listing(
    "ModelPackageGroupSummaryList",
    (
        "ModelPackageGroupName",
        "ModelPackageGroupArn",
        "ModelPackageGroupDescription",
        "CreationTime",
        "ModelPackageGroupStatus",
    ),
    "ModelPackageGroupName",
    ASCENDING,
)
PACKAGES = Listing(
    "ModelPackageSummaryList",
    (
        "ModelPackageGroupName",
        "ModelPackageVersion",
        "ModelPackageArn",
        "ModelPackageDescription",
        "CreationTime",
        "ModelPackageStatus",
        "ModelApprovalStatus",
    ),
    "ModelPackageName",
    ASCENDING,
    equal={"ModelApprovalStatus": "ModelApprovalStatus"},
)


@operation
def create_model_package_group(request: Request) -> Members:
    """Create a model package group."""
    name = request["ModelPackageGroupName"]
    arn = request.scope.arn("model-package-group", name)
    if request.cloud.store.get(request.scope, GROUP, name):
        raise validation_error(f"Model Package Group already exists: {arn}")
    group = {
        **request.members,
        "ModelPackageGroupArn": arn,
        "CreationTime": request.cloud.clock.now(),
        "CreatedBy": caller(request),
        "ModelPackageGroupStatus": "Completed",
    }
    request.cloud.store.put(request.scope, GROUP, name, group)
    return {"ModelPackageGroupArn": arn}


def _group(request: Request, name: str) -> Members:
    name = name.rsplit("/", 1)[-1]
    group = request.cloud.store.get(request.scope, GROUP, name)
    if group is None:
        raise validation_error(f"ModelPackageGroup {request.scope.arn('model-package-group', name)} does not exist.")
    return group


@operation
def describe_model_package_group(request: Request) -> Members:
    """Return a model package group."""
    name = request["ModelPackageGroupName"]
    return _group(as_owner(request, name, "DescribeModelPackageGroup"), name)


@operation
def delete_model_package_group(request: Request) -> Members:
    """Delete an empty model package group."""
    name = _group(request, request["ModelPackageGroupName"])["ModelPackageGroupName"]
    if _packages(request, name):
        raise validation_error(f"Model Package Group {name} cannot be deleted because it contains Model Packages.")
    request.cloud.store.delete(request.scope, GROUP, name)
    return {}


@operation
def put_model_package_group_policy(request: Request) -> Members:
    """Set the resource policy of a group, which grants access to other accounts."""
    group = _group(request, request["ModelPackageGroupName"])
    group["ResourcePolicy"] = request["ResourcePolicy"]
    request.cloud.store.put(request.scope, GROUP, group["ModelPackageGroupName"], group)
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}


@operation
def get_model_package_group_policy(request: Request) -> Members:
    """Return the resource policy of a group."""
    group = _group(request, request["ModelPackageGroupName"])
    if "ResourcePolicy" not in group:
        raise validation_error(f"Cannot find resource policy for {group['ModelPackageGroupArn']}")
    return {"ResourcePolicy": group["ResourcePolicy"]}


@operation
def delete_model_package_group_policy(request: Request) -> Members:
    """Delete the resource policy of a group."""
    group = _group(request, request["ModelPackageGroupName"])
    group.pop("ResourcePolicy", None)
    request.cloud.store.put(request.scope, GROUP, group["ModelPackageGroupName"], group)
    return {}


@operation
def list_model_package_groups(request: Request) -> Members:
    """List model package groups."""
    return listed(request, GROUPS, request.cloud.store.of_kind(request.scope, GROUP))


@operation
def create_model_package(request: Request) -> Members:
    """Register a version in a group."""
    group_name = request.get("ModelPackageGroupName")
    if not group_name:
        if not request.get("ModelPackageName"):
            raise validation_error("Missing ARN.")
        raise NotInLocalcloud("model packages without a group")
    if request.get("ModelPackageName"):
        raise validation_error("Both ModelPackageName and ModelPackageGroupName are provided in the input.")
    if request.get("SourceAlgorithmSpecification") or request.get("ValidationSpecification"):
        raise NotInLocalcloud("SourceAlgorithmSpecification and ValidationSpecification of model packages")
    if request.get("Tags"):
        raise validation_error("Tags cannot be given to a version: it has the tags of its group.")
    request = as_owner(request, group_name, "CreateModelPackage")
    name = group_name.rsplit("/", 1)[-1]
    if request.cloud.store.get(request.scope, GROUP, name) is None:
        raise validation_error("Model Package Group does not exist.")
    with request.cloud.store.alone():
        earlier = _created_with(request, name)
        if earlier is not None:
            return {"ModelPackageArn": earlier["ModelPackageArn"]}
        package = _new_package(request, name)
        request.cloud.store.put(request.scope, PACKAGE, f"{name}/{package['ModelPackageVersion']}", package)
    _announce(request, package)
    return {"ModelPackageArn": package["ModelPackageArn"]}


def _created_with(request: Request, name: str) -> Members | None:
    """Return the version that an earlier request with the same token created, or None."""
    token = request.get("ClientToken")
    found = _packages(request, name) if token else []
    return next((package for package in found if package.get("ClientToken") == token), None)


def _new_package(request: Request, name: str) -> Members:
    version = 1 + max((package["ModelPackageVersion"] for package in _packages(request, name)), default=0)
    now = request.cloud.clock.now()
    return {
        "ModelApprovalStatus": "PendingManualApproval",
        "CertifyForMarketplace": False,
        **_with_digests(request),
        "ModelPackageName": name,
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageArn": request.scope.arn("model-package", f"{name}/{version}"),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": caller(request),
    }


def _with_digests(request: Request) -> Members:
    """Return the members of a request, with the digest of each container's image.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html
    """
    members = {name: value for name, value in request.members.items() if name != "Tags"}
    specification = members.get("InferenceSpecification")
    if specification:
        containers = [{**_digest_of(request, found), **found} for found in specification["Containers"]]
        members["InferenceSpecification"] = {**specification, "Containers": containers}
    return members


def _digest_of(request: Request, container: Members) -> Members:
    image = request.cloud.images.pushed(container.get("Image", ""))
    return {"ImageDigest": image.digest} if image is not None else {}


def _packages(request: Request, group_name: str) -> list[Members]:
    packages = request.cloud.store.of_kind(request.scope, PACKAGE)
    return [package for package in packages if package["ModelPackageGroupName"] == group_name]


def _announce(request: Request, package: Members, updated: list[str] | None = None) -> None:
    """Send the state change event of a new version, or of an update with the names of its members."""
    detail = chosen(package, EVENT_MEMBERS) | ({"UpdatedModelPackageFields": updated} if updated else {})
    request.cloud.host.emit(request.scope, "aws.sagemaker", EVENT, detail, [package["ModelPackageArn"]])


def find_package(cloud: Any, scope: Scope, arn: str) -> Members:
    """Return a version by its ARN, from the account that owns it.

    Raises:
        AwsError: ValidationException if there is no such version.
    """
    parts = arn.split(":")
    owner = Scope(parts[4], scope.region) if len(parts) > 5 else scope
    found: Members | None = cloud.store.get(owner, PACKAGE, arn.split(":model-package/")[-1])
    if found is None or found["ModelPackageArn"] != arn:
        raise validation_error(f"ModelPackage {arn} does not exist.")
    return found


@operation
def describe_model_package(request: Request) -> Members:
    """Return a version."""
    request = as_owner(request, request["ModelPackageName"], "DescribeModelPackage")
    return find_package(request.cloud, request.scope, request["ModelPackageName"])


@operation
def update_model_package(request: Request) -> Members:
    """Change the approval, model card or metadata of a version."""
    request = as_owner(request, request["ModelPackageArn"], "UpdateModelPackage")
    package = find_package(request.cloud, request.scope, request["ModelPackageArn"])
    for member in ("InferenceSpecification", "AdditionalInferenceSpecificationsToAdd", "ModelLifeCycle", "SourceUri"):
        if request.get(member) is not None:
            raise NotInLocalcloud(f"{member} in UpdateModelPackage")
    key = f"{package['ModelPackageGroupName']}/{package['ModelPackageVersion']}"
    changed = request.cloud.store.update(request.scope, PACKAGE, key, lambda current: _change(current, request))
    _announce(request, changed, [name for name in UPDATED_MEMBERS if request.get(name) is not None])
    return {"ModelPackageArn": package["ModelPackageArn"]}


def _change(package: Members, request: Request) -> None:
    for member in ("ModelApprovalStatus", "ApprovalDescription", "ModelCard"):
        if request.get(member) is not None:
            package[member] = request[member]
    metadata = package.get("CustomerMetadataProperties", {}) | request.get("CustomerMetadataProperties", {})
    for key in request.get("CustomerMetadataPropertiesToRemove", []):
        metadata.pop(key, None)
    if len(metadata) > METADATA_LIMIT:
        raise validation_error(f"CustomerMetadataProperties can have at most {METADATA_LIMIT} entries.")
    package["CustomerMetadataProperties"] = metadata
    package |= {"LastModifiedTime": request.cloud.clock.now(), "LastModifiedBy": caller(request)}


@operation
def delete_model_package(request: Request) -> Members:
    """Delete a version."""
    request = as_owner(request, request["ModelPackageName"], "DeleteModelPackage")
    package = find_package(request.cloud, request.scope, request["ModelPackageName"])
    key = f"{package['ModelPackageGroupName']}/{package['ModelPackageVersion']}"
    request.cloud.store.delete(request.scope, PACKAGE, key)
    return {}


@operation
def list_model_packages(request: Request) -> Members:
    """List versions, oldest first by default.

    Without a group, the default is to list packages that are in no group.
    """
    group = request.get("ModelPackageGroupName")
    request = as_owner(request, group, "ListModelPackages") if group else request
    kind = request.get("ModelPackageType", "Versioned" if group else "Unversioned")
    found = request.cloud.store.of_kind(request.scope, PACKAGE) if kind != "Unversioned" else []
    if group:
        name = _group(request, group)["ModelPackageGroupName"]
        found = [package for package in found if package["ModelPackageGroupName"] == name]
    return listed(request, PACKAGES, found, "ModelPackageGroupName", "ModelPackageType")
