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
BUSES = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html"
REPOSITORIES = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html"


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


@belief(BUSES)
def test_an_event_bus(aws: Target, observe: Observe) -> None:
    """Another account puts events on a bus only once the bus's policy names it."""
    events, name = aws.client("events"), aws.name("shared")
    arn = events.create_event_bus(Name=name, Tags=aws.tags)["EventBusArn"]
    aws.undo(f"bus {name}", lambda: events.delete_event_bus(Name=name))
    entry = {"EventBusName": arn, "Source": "conformance", "DetailType": "test", "Detail": "{}"}
    put = aws.client("events", "staging").put_events
    before = _entry_code(put, entry)
    allowed = statement("Allow", other(aws), "events:PutEvents", Resource=arn, Sid="shared")
    events.put_permission(EventBusName=name, Policy=policy(allowed))
    aws.settle()
    after = _entry_code(put, entry)
    observe("before", before, documented="AccessDeniedException")
    observe("after", after, documented=ACCEPTED)


def _entry_code(put: Callable[..., Any], entry: dict[str, str]) -> str:
    try:
        answer = put(Entries=[entry])
    except Exception as error:
        return str(getattr(error, "response", {}).get("Error", {}).get("Code", error))
    return str(answer["Entries"][0].get("ErrorCode", ACCEPTED))


@belief(REPOSITORIES)
def test_a_repository(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Another account reads an image only once the repository's policy names it."""
    ecr, name = aws.client("ecr"), given.image().split("/")[1].split(":")[0]
    members = {"registryId": aws.account(), "repositoryName": name, "imageIds": [{"imageTag": "docker"}]}
    read = aws.client("ecr", "staging").batch_get_image
    before = code_of(read, aws, **members)
    allowed = statement("Allow", other(aws), "ecr:BatchGetImage")
    ecr.set_repository_policy(repositoryName=name, policyText=policy(allowed))
    aws.settle()
    after = code_of(read, aws, **members)
    ecr.delete_repository_policy(repositoryName=name)
    observe("before", before, documented="AccessDeniedException")
    observe("after", after, documented=ACCEPTED)


@belief("https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html")
def test_a_policy_that_names_nobody(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A bucket's policy that names an account that does not exist is refused with MalformedPolicy."""
    nobody = statement("Allow", {"AWS": "nobody"}, "s3:GetObject", Resource=f"arn:aws:s3:::{given.bucket()}/*")
    found = aws.refusal("s3", "put_bucket_policy", Bucket=given.bucket(), Policy=policy(nobody))
    observe("code", found.code, documented="MalformedPolicy")


@belief("https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackageGroups.html")
def test_accounts_are_apart(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A list shows what is in one's own account only."""
    given.group()
    found = aws.client("sagemaker", "staging").list_model_package_groups(NameContains=aws.run)
    observe("groups", found["ModelPackageGroupSummaryList"], documented=[])
