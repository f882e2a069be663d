"""What we believe about SageMaker's model registry."""

from typing import Any

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Target

API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference"


def specification(given: Fixtures) -> dict[str, Any]:
    return {
        "Containers": [{"Image": given.image(), "ModelDataUrl": given.model_data()}],
        "SupportedContentTypes": ["application/json"],
        "SupportedResponseMIMETypes": ["application/json"],
    }


def register(aws: Target, given: Fixtures, **members: Any) -> str:
    """Register a version; returns its ARN. The group's versions go with the group."""
    answer = aws.client("sagemaker").create_model_package(
        ModelPackageGroupName=given.versions(), InferenceSpecification=specification(given), **members
    )
    arn: str = answer["ModelPackageArn"]
    return arn


def described(aws: Target, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return found


@belief(f"{API}/API_CreateModelPackageGroup.html")
def test_a_group_has_one_name(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A second model package group of one name is refused."""
    found = aws.refusal("sagemaker", "create_model_package_group", ModelPackageGroupName=given.group())
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("already exists"))


@belief(f"{API}/API_DescribeModelPackage.html")
def test_a_version_that_is_missing(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Describing a version that does not exist is a ValidationException."""
    arn = aws.arn("model-package", f"{given.group()}/999")
    found = aws.refusal("sagemaker", "describe_model_package", ModelPackageName=arn)
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("does not exist"))


@belief(f"{API}/API_CreateModelPackage.html")
def test_versions_count_up(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Versions of a group count up by one, and wait for approval."""
    first, second = (described(aws, register(aws, given)) for _ in range(2))
    observe("step", second["ModelPackageVersion"] - first["ModelPackageVersion"], documented=1)
    observe("approval", second["ModelApprovalStatus"], documented="PendingManualApproval")


@belief(ASSUMED)
def test_a_version_is_complete_at_once(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A version that needs no validation is Completed when it is registered."""
    observe("status", described(aws, register(aws, given))["ModelPackageStatus"], documented="Completed")


@belief("botocore: sagemaker.CreateModelPackageInput ClientToken (the call is idempotent)")
def test_a_token_makes_one_version(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Two calls with one client token register one version."""
    token = f"{aws.run}{'0' * 30}"
    arns = {register(aws, given, ClientToken=token) for _ in range(2)}
    observe("versions", len(arns), documented=1)
    observe("another token", register(aws, given, ClientToken=f"{aws.run}{'1' * 30}") in arns, documented=False)


@belief(f"{API}/API_UpdateModelPackage.html")
def test_approval_and_metadata_are_kept(aws: Target, given: Fixtures, observe: Observe) -> None:
    """UpdateModelPackage changes the approval, adds metadata and removes those that it names."""
    arn = register(aws, given, CustomerMetadataProperties={"git_sha": "abc", "old": "1"})
    aws.client("sagemaker").update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"released": "today"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    found = described(aws, arn)
    observe("approval", found["ModelApprovalStatus"], documented="Approved")
    kept = {"git_sha": "abc", "released": "today"}
    observe("metadata", found["CustomerMetadataProperties"], documented=kept)


@belief("botocore: sagemaker.ListModelPackagesInput SortOrder (Ascending)")
def test_versions_are_listed_oldest_first(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Versions are listed by approval, oldest first."""
    arns = [register(aws, given, ModelApprovalStatus="Rejected") for _ in range(2)]
    found = aws.client("sagemaker").list_model_packages(
        ModelPackageGroupName=given.versions(), ModelApprovalStatus="Rejected"
    )
    observe("versions", [one["ModelPackageArn"] for one in found["ModelPackageSummaryList"]], documented=arns)


@belief("botocore: sagemaker.ListModelPackagesInput ModelPackageType (UNVERSIONED is the default)")
def test_versions_are_not_listed_without_their_group(aws: Target, given: Fixtures, observe: Observe) -> None:
    """ListModelPackages without a group lists no versions."""
    arn = register(aws, given)
    found = aws.client("sagemaker").list_model_packages(MaxResults=100)["ModelPackageSummaryList"]
    observe("listed", arn in {one["ModelPackageArn"] for one in found}, documented=False)


@belief(ASSUMED)
def test_a_version_needs_its_group(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A version of a group that does not exist is refused."""
    found = aws.refusal(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName=aws.name("no-group"),
        InferenceSpecification=specification(given),
    )
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("does not exist"))


@belief("botocore: sagemaker.CreateModelPackageInput ModelPackageName (not together with a group)")
def test_a_version_has_a_group_or_a_name(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A model package has a group or a name: none and both are refused."""
    names: dict[str, Any] = {"ModelPackageName": aws.name("named"), "ModelPackageGroupName": given.versions()}
    for what, members in (("none", {}), ("both", names)):
        found = aws.refusal("sagemaker", "create_model_package", InferenceSpecification=specification(given), **members)
        observe(what, found.code, documented="ValidationException")


@belief("botocore: sagemaker.ModelApprovalStatus")
def test_an_approval_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """UpdateModelPackage refuses an approval that is none of the three."""
    arn = register(aws, given)
    found = aws.refusal("sagemaker", "update_model_package", ModelPackageArn=arn, ModelApprovalStatus="Fine")
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("enum value set"))


@belief(f"{API}/API_DeleteModelPackageGroup.html")
def test_a_group_with_versions_stays(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A group that has versions is not deleted."""
    register(aws, given)
    found = aws.refusal("sagemaker", "delete_model_package_group", ModelPackageGroupName=given.versions())
    observe("code", found.code, documented=Matching("ValidationException|ConflictException"))


@belief(ASSUMED)
def test_a_group_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a group that does not exist is a ValidationException."""
    found = aws.refusal("sagemaker", "describe_model_package_group", ModelPackageGroupName=aws.name("no-group"))
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("does not exist"))
