"""Three accounts in one local cloud: nothing is seen across them unless a policy of the owner's resource allows it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import IMAGE, LocalCloud, StartCloud
from tests.localcloud.waiting import wait_until

OWNER, FRIEND, STRANGER = "000000000000", "222222222222", "333333333333"
GROUP = "shared"
ARN = f"arn:aws:sagemaker:eu-west-1:{OWNER}:model-package"
REPOSITORY = f"arn:aws:ecr:eu-west-1:{OWNER}:repository/test"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
USE = ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage", "sagemaker:CreateModel"]


def statement(actions: list[str], resource: str) -> dict[str, Any]:
    return {
        "Sid": "Friends",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{FRIEND}:root"},
        "Action": actions,
        "Resource": resource,
    }


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


REGISTRY_POLICY = policy(
    statement(["sagemaker:ListModelPackages"], f"{ARN}-group/{GROUP}"), statement(USE, f"{ARN}/{GROUP}/*")
)


@pytest.fixture(scope="module")
def cloud(start_cloud: StartCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalCloud:
    """A cloud with IAM on, whose first account has an image repository."""
    cloud = start_cloud(tmp_path_factory.mktemp("accounts"), iam=True)
    cloud.client("ecr").create_repository(repositoryName="test")
    return cloud


@pytest.fixture(scope="module")
def version(cloud: LocalCloud) -> str:
    """ARN of an approved version of the first account."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    return arn


@pytest.fixture
def shared(cloud: LocalCloud, version: str) -> Iterator[str]:
    """The version, while the group's policy lets the second account use it."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=GROUP, ResourcePolicy=REGISTRY_POLICY)
    yield version
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=GROUP)


def code_of(call: Any, **members: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**members)
    return str(raised.value.response["Error"]["Code"])


def test_accounts_do_not_see_each_others_resources(cloud: LocalCloud, version: str) -> None:
    friend = cloud.client("sagemaker", FRIEND)
    assert friend.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    assert code_of(friend.describe_model_package_group, ModelPackageGroupName=GROUP) == "ValidationException"


# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html
@pytest.mark.parametrize("account", [FRIEND, STRANGER])
def test_without_a_policy_a_version_is_its_owners(cloud: LocalCloud, version: str, account: str) -> None:
    sagemaker = cloud.client("sagemaker", account)
    assert code_of(sagemaker.describe_model_package, ModelPackageName=version) == "AccessDeniedException"
    listing = sagemaker.list_model_packages
    assert code_of(listing, ModelPackageGroupName=f"{ARN}-group/{GROUP}") == "AccessDeniedException"


def test_the_groups_policy_lets_an_account_use_versions(cloud: LocalCloud, shared: str) -> None:
    friend = cloud.client("sagemaker", FRIEND)
    assert friend.describe_model_package(ModelPackageName=shared)["ModelPackageArn"] == shared
    listed = friend.list_model_packages(ModelPackageGroupName=f"{ARN}-group/{GROUP}")["ModelPackageSummaryList"]
    assert [entry["ModelPackageArn"] for entry in listed] == [shared]
    friend.update_model_package(ModelPackageArn=shared, CustomerMetadataProperties={"released": "yes"})
    own = cloud.client("sagemaker").describe_model_package(ModelPackageName=shared)
    assert own["CustomerMetadataProperties"] == {"released": "yes"}, "the owner has what the other account wrote"
    stranger = cloud.client("sagemaker", STRANGER)
    assert code_of(stranger.describe_model_package, ModelPackageName=shared) == "AccessDeniedException"
    assert code_of(friend.delete_model_package, ModelPackageName=shared) == "AccessDeniedException"


@pytest.mark.parametrize("missing", USE)
def test_each_action_needs_its_own_permission(cloud: LocalCloud, version: str, missing: str) -> None:
    left = [action for action in USE if action != missing]
    owner, friend = cloud.client("sagemaker"), cloud.client("sagemaker", FRIEND)
    owner.put_model_package_group_policy(
        ModelPackageGroupName=GROUP, ResourcePolicy=policy(statement(left, f"{ARN}/{GROUP}/*"))
    )
    role = make_role(cloud, "reader")
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        USE[0]: (friend.describe_model_package, {"ModelPackageName": version}),
        USE[1]: (friend.update_model_package, {"ModelPackageArn": version, "ApprovalDescription": "x"}),
        USE[2]: (
            friend.create_model,
            {"ModelName": "m", "PrimaryContainer": {"ModelPackageName": version}, "ExecutionRoleArn": role},
        ),
    }
    call, members = calls[missing]
    assert code_of(call, **members) == "AccessDeniedException"
    owner.delete_model_package_group_policy(ModelPackageGroupName=GROUP)


def make_role(cloud: LocalCloud, name: str, *allowed: dict[str, Any]) -> str:
    """A role of the second account that SageMaker may take on."""
    iam = cloud.client("iam", FRIEND)
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    for number, entry in enumerate(allowed):
        iam.put_role_policy(RoleName=name, PolicyName=f"allow-{number}", PolicyDocument=policy(entry))
    return f"arn:aws:iam::{FRIEND}:role/{name}"


PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
ROLE_MAY_PULL = {"Effect": "Allow", "Action": [*PULL, "ecr:GetAuthorizationToken"], "Resource": "*"}


# Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html: across accounts both
# the identity's policy and the repository's have to allow the pull.
@pytest.mark.parametrize(("role_may", "repository_lets"), [(True, True), (True, False), (False, True)])
def test_an_endpoint_pulls_its_image_from_another_account(
    cloud: LocalCloud, shared: str, role_may: bool, repository_lets: bool
) -> None:
    name = f"pulls-{role_may}-{repository_lets}"
    ecr = cloud.client("ecr")
    if repository_lets:
        given = statement(PULL, REPOSITORY)
        del given["Resource"]
        ecr.set_repository_policy(repositoryName="test", policyText=policy(given))
    role = make_role(cloud, name, *([ROLE_MAY_PULL] if role_may else []))
    friend = cloud.client("sagemaker", FRIEND)
    friend.create_model(ModelName=name, PrimaryContainer={"ModelPackageName": shared}, ExecutionRoleArn=role)
    variant = {"VariantName": "V", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    friend.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    friend.create_endpoint(EndpointName=name, EndpointConfigName=name)
    found = wait_for_end(friend, name)
    if repository_lets:
        ecr.delete_repository_policy(repositoryName="test")
    if role_may and repository_lets:
        assert found["EndpointStatus"] == "InService", found.get("FailureReason")
    else:
        assert found["EndpointStatus"] == "Failed"
        assert "is not authorized to perform: ecr:" in found["FailureReason"]


def wait_for_end(sagemaker: Any, name: str) -> dict[str, Any]:
    def found() -> dict[str, Any]:
        answer: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        return answer

    wait_until(lambda: found()["EndpointStatus"] != "Creating")
    return found()


# Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-walkthroughs-managing-access-example2.html,
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
@pytest.mark.parametrize("service", ["s3", "kms"])
def test_buckets_and_keys_let_in_whom_their_policies_name(cloud: LocalCloud, service: str) -> None:
    calls = {"s3": bucket_calls, "kms": key_calls}[service](cloud)
    assert refused(calls["friend"])
    calls["share"]()
    assert not refused(calls["friend"])
    assert refused(calls["stranger"])


def refused(call: Any) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def bucket_calls(cloud: LocalCloud) -> dict[str, Any]:
    owner = cloud.client("s3")
    owner.create_bucket(Bucket="across", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    owner.put_object(Bucket="across", Key="a", Body=b"1")
    given = policy(statement(["s3:GetObject"], "arn:aws:s3:::across/*"))
    return {
        "share": lambda: owner.put_bucket_policy(Bucket="across", Policy=given),
        "friend": lambda: cloud.client("s3", FRIEND).get_object(Bucket="across", Key="a"),
        "stranger": lambda: cloud.client("s3", STRANGER).get_object(Bucket="across", Key="a"),
    }


def key_calls(cloud: LocalCloud) -> dict[str, Any]:
    owner = cloud.client("kms")
    arn = owner.create_key()["KeyMetadata"]["Arn"]
    ciphertext = owner.encrypt(KeyId=arn, Plaintext=b"1")["CiphertextBlob"]
    own = {**statement(["kms:*"], "*"), "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"}}
    given = policy(own, statement(["kms:Decrypt"], "*"))
    return {
        "share": lambda: owner.put_key_policy(KeyId=arn, PolicyName="default", Policy=given),
        "friend": lambda: cloud.client("kms", FRIEND).decrypt(KeyId=arn, CiphertextBlob=ciphertext),
        "stranger": lambda: cloud.client("kms", STRANGER).decrypt(KeyId=arn, CiphertextBlob=ciphertext),
    }
