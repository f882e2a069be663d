"""What we believe about IAM's roles and their trust policies."""

import pytest

from tests.conformance.beliefs import belief
from tests.conformance.fixtures import SAGEMAKER, Fixtures, policy, statement, trust_of
from tests.conformance.observations import Observe
from tests.conformance.target import Refusal, Target

API = "https://docs.aws.amazon.com/IAM/latest/APIReference"
TRUST = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"


def refused_role(aws: Target, trust: str) -> Refusal:
    """Ask for a role; returns how it is refused."""
    name = aws.name("refused-role")
    return aws.refusal(
        "iam",
        "create_role",
        if_accepted=lambda: aws.client("iam").delete_role(RoleName=name),
        RoleName=name,
        AssumeRolePolicyDocument=trust,
    )


def role_that_may(aws: Target, given: Fixtures, name: str, action: str, resource: str) -> str:
    """Create a role of the account's own that may do one thing; returns its ARN."""
    arn = given.make_role(name, policy(statement("Allow", {"AWS": aws.account()}, "sts:AssumeRole")))
    document = policy({"Effect": "Allow", "Action": action, "Resource": resource})
    aws.client("iam").put_role_policy(RoleName=arn.rsplit("/")[-1], PolicyName="one", PolicyDocument=document)
    aws.settle()
    return arn


@pytest.fixture(scope="module")
def trusting(aws: Target, given: Fixtures) -> str:
    """The ARN of a role that its own account may assume, and that may do nothing but assume other roles."""
    principal = {"AWS": f"arn:aws:iam::{aws.account()}:root"}
    arn = given.make_role("trusting", policy(statement("Allow", principal, "sts:AssumeRole")))
    document = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    aws.client("iam").put_role_policy(RoleName=arn.rsplit("/")[-1], PolicyName="assumes", PolicyDocument=document)
    aws.settle()
    return arn


@belief(f"{API}/API_CreateRole.html")
def test_a_trust_policy_that_is_malformed(aws: Target, observe: Observe) -> None:
    """A trust policy that is no policy is refused with MalformedPolicyDocument."""
    observe("text", refused_role(aws, "not JSON").code, documented="MalformedPolicyDocument")
    without = policy({"Effect": "Allow", "Action": "sts:AssumeRole"})
    observe("no principal", refused_role(aws, without).code, documented="MalformedPolicyDocument")


@belief(f"{API}/API_CreateRole.html")
def test_a_role_has_one_name(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A second role of one name is refused with EntityAlreadyExists."""
    name = given.role().rsplit("/")[-1]
    found = aws.refusal("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust_of(SAGEMAKER))
    observe("code", found.code, documented="EntityAlreadyExists")


@belief(f"{API}/API_DeleteRole.html")
def test_a_role_with_a_policy_stays(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A role that has a policy is not deleted."""
    name = given.reading_role().rsplit("/")[-1]
    observe("code", aws.refusal("iam", "delete_role", RoleName=name).code, documented="DeleteConflict")


@belief(f"{API}/API_GetRole.html")
def test_a_role_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a role that does not exist is refused with NoSuchEntity."""
    observe("code", aws.refusal("iam", "get_role", RoleName=aws.name("nobody")).code, documented="NoSuchEntity")


@belief(TRUST)
def test_a_role_that_trusts_a_service(aws: Target, trusting: str, given: Fixtures, observe: Observe) -> None:
    """A role that trusts a service only is not assumed by its own account, whatever the caller's policies allow."""
    call = aws.assumed("sts", trusting).assume_role
    found = aws.refusal_of(call, RoleArn=given.role(), RoleSessionName="conformance")
    observe("code", found.code, documented="AccessDenied")


@belief(TRUST)
def test_a_role_that_trusts_its_account(aws: Target, trusting: str, observe: Observe) -> None:
    """A role that trusts its account is assumed by it, under the name of the session."""
    found = aws.client("sts").assume_role(RoleArn=trusting, RoleSessionName="conformance")
    name = trusting.rsplit("/")[-1]
    arn = f"arn:aws:sts::{aws.account()}:assumed-role/{name}/conformance"
    observe("arn", found["AssumedRoleUser"]["Arn"], documented=arn)


@belief("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html")
def test_the_default_is_to_deny(aws: Target, trusting: str, given: Fixtures, observe: Observe) -> None:
    """What no policy of a role allows is denied."""
    client = aws.assumed("s3", trusting)
    found = aws.refusal_of(client.list_objects_v2, Bucket=given.bucket())
    observe("code", found.code, documented="AccessDenied")


@belief("https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html")
def test_metric_alarms_are_read_by_their_arn(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A role that may describe the alarms of its account, and no more, describes metric alarms."""
    alarms = f"arn:aws:cloudwatch:{aws.region}:{aws.account()}:alarm:*"
    role = role_that_may(aws, given, "watching", "cloudwatch:DescribeAlarms", alarms)
    found = aws.assumed("cloudwatch", role).describe_alarms(AlarmNames=[aws.name("none")])
    observe("alarms", len(found["MetricAlarms"]), documented=0)


@belief("https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html")
def test_log_groups_are_named_with_a_star(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A policy names a log group with `:*` at its end; without it, its streams may not be listed."""
    group = f"arn:aws:logs:{aws.region}:{aws.account()}:log-group:{aws.name('none')}"
    for what, resource, documented in (
        ("with a star", f"{group}:*", "ResourceNotFoundException"),
        ("without", group, "AccessDeniedException"),
    ):
        role = role_that_may(aws, given, what.replace(" ", "-"), "logs:DescribeLogStreams", resource)
        found = aws.refusal_of(aws.assumed("logs", role).describe_log_streams, logGroupName=aws.name("none"))
        observe(what, found.code, documented=documented)
