"""What we believe about policies of one account that name another one.

Each belief is asked twice: before the policy names the other account, and after.
"""

from collections.abc import Callable
from typing import Any

from tests.conformance.beliefs import belief
from tests.conformance.fixtures import Fixtures, policy, statement
from tests.conformance.observations import Observe
from tests.conformance.target import ACCEPTED, Target

RESOURCE_POLICIES = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"
)
GROUPS = "https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy-xaccount.html"
DENIED = "AccessDeniedException"


def other(aws: Target) -> dict[str, str]:
    """Staging's account, as a policy names it."""
    return {"AWS": f"arn:aws:iam::{aws.account('staging')}:root"}


def code_of(call: Callable[..., Any], aws: Target, **members: Any) -> str:
    """The code of a refusal; ACCEPTED if there is none."""
    return aws.refusal_of(call, **members).code


@belief(RESOURCE_POLICIES)
def test_a_bucket(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Another account reads an object only once the bucket's policy names it."""
    bucket, key = given.object().removeprefix("s3://").split("/", 1)
    read = aws.client("s3", "staging").get_object
    observe("before", code_of(read, aws, Bucket=bucket, Key=key), documented="AccessDenied")
    allowed = statement("Allow", other(aws), "s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(allowed))
    aws.settle()
    observe("after", code_of(read, aws, Bucket=bucket, Key=key), documented=ACCEPTED)
    aws.client("s3").delete_bucket_policy(Bucket=bucket)


@belief(RESOURCE_POLICIES)
def test_a_bucket_for_an_action(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A policy that lets another account read does not let it write or list."""
    bucket = given.bucket()
    allowed = statement("Allow", other(aws), "s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=policy(allowed))
    aws.settle()
    s3 = aws.client("s3", "staging")
    observe("write", code_of(s3.put_object, aws, Bucket=bucket, Key="theirs", Body=b""), documented="AccessDenied")
    observe("list", code_of(s3.list_objects_v2, aws, Bucket=bucket), documented="AccessDenied")
    aws.client("s3").delete_bucket_policy(Bucket=bucket)


@belief(RESOURCE_POLICIES)
def test_a_role(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Another account assumes a role whose trust policy names it, and a third one does not."""
    role = given.make_role("shared", policy(statement("Allow", other(aws), "sts:AssumeRole")))
    for environment, expected in (("staging", ACCEPTED), ("production", "AccessDenied")):
        call = aws.client("sts", environment).assume_role
        found = code_of(call, aws, RoleArn=role, RoleSessionName="conformance")
        observe(environment, found, documented=expected)


@belief(GROUPS)
def test_a_model_package_group(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Another account describes a model package group, by its ARN, only once the group's policy names it."""
    sagemaker, name = aws.client("sagemaker"), given.make_group("shared")
    arn = aws.arn("model-package-group", name)
    describe = aws.client("sagemaker", "staging").describe_model_package_group
    before = code_of(describe, aws, ModelPackageGroupName=arn)
    allowed = statement("Allow", other(aws), "sagemaker:DescribeModelPackageGroup", Resource=arn)
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy(allowed))
    aws.settle()
    after = code_of(describe, aws, ModelPackageGroupName=arn)
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=name)
    observe("before", before, documented="AccessDeniedException")
    observe("after", after, documented=ACCEPTED)


@belief(GROUPS)
def test_the_versions_of_a_group(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Another account describes and lists versions only once the group's policy allows each of the two."""
    sagemaker, name = aws.client("sagemaker"), given.make_group("shared-versions")
    version = sagemaker.create_model_package(ModelPackageGroupName=name, InferenceSpecification=_containers(given))
    group, arn = aws.arn("model-package-group", name), version["ModelPackageArn"]
    theirs = aws.client("sagemaker", "staging")
    observe("before", code_of(theirs.describe_model_package, aws, ModelPackageName=arn), documented=DENIED)
    allowed = statement("Allow", other(aws), "sagemaker:DescribeModelPackage", Resource=arn)
    sagemaker.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=policy(allowed))
    aws.settle()
    described = code_of(theirs.describe_model_package, aws, ModelPackageName=arn)
    listed = code_of(theirs.list_model_packages, aws, ModelPackageGroupName=group)
    updated = code_of(theirs.update_model_package, aws, ModelPackageArn=arn, ApprovalDescription="x")
    third = code_of(aws.client("sagemaker", "production").describe_model_package, aws, ModelPackageName=arn)
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=name)
    observe("described", described, documented=ACCEPTED)
    observe("listed", listed, documented=DENIED)
    observe("updated", updated, documented=DENIED)
    observe("by a third account", third, documented=DENIED)


def _containers(given: Fixtures) -> dict[str, Any]:
    return {
        "Containers": [{"Image": given.image()}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


@belief("https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackageGroups.html")
def test_accounts_are_apart(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A list shows what is in one's own account only."""
    given.group()
    found = aws.client("sagemaker", "staging").list_model_package_groups(NameContains=aws.run)
    observe("groups", found["ModelPackageGroupSummaryList"], documented=[])
