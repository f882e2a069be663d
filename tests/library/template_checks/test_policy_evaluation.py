"""The evaluator decides as IAM documents it: within an account, across accounts, for keys, for services."""

import pytest
from sagemaker_mlops.template_checks.policy_evaluation import Call, Policies, Statement, matches

CALLER, SERVICE = "arn:aws:iam::222222222222:role/caller", "cloudwatch.amazonaws.com"
OWN, OTHER = "arn:aws:sqs:eu-west-1:222222222222:queue", "arn:aws:sqs:eu-west-1:111111111111:queue"
OWN_KEY = "arn:aws:kms:eu-west-1:222222222222:key/1"
ROOT = "arn:aws:iam::222222222222:root"


def decide(resource: str, identity: bool, principals: tuple[str, ...], principal: str = CALLER) -> bool:
    action = "kms:Decrypt" if ":kms:" in resource else "sqs:SendMessage"
    own = (Statement("Allow", (action,), (resource,)),) if identity else ()
    policy = (Statement("Allow", (action,), ("*",), principals),) if principals else ()
    return Policies({CALLER: own}, {resource: policy}, {}, {}).allow(Call(principal, action, resource, "test"))


@pytest.mark.parametrize(
    ("resource", "identity", "principals", "allowed"),
    [
        (OWN, True, (), True),
        (OWN, False, (CALLER,), True),
        (OWN, False, (ROOT,), False),
        (OTHER, True, (), False),
        (OTHER, False, (ROOT,), False),
        (OTHER, False, (CALLER,), False),
        (OTHER, True, (ROOT,), True),
        (OTHER, True, (CALLER,), True),
        (OTHER, True, ("arn:aws:iam::333333333333:root",), False),
        (OWN_KEY, True, (), False),
        (OWN_KEY, True, (ROOT,), True),
        (OWN_KEY, False, (ROOT,), False),
        (OWN_KEY, False, (CALLER,), True),
    ],
)
def test_both_sides_across_accounts_and_the_keys_own_policy(
    resource: str, identity: bool, principals: tuple[str, ...], allowed: bool
) -> None:
    assert decide(resource, identity, principals) is allowed


def test_a_service_needs_the_resources_policy() -> None:
    assert decide(OWN, False, (SERVICE,), SERVICE)
    assert not decide(OWN, False, (ROOT,), SERVICE)


@pytest.mark.parametrize(
    ("operator", "key", "expected", "context", "holds"),
    [
        ("StringEquals", "aws:SourceAccount", "1", {"aws:SourceAccount": "1"}, True),
        ("StringEquals", "aws:SourceAccount", "1", {}, False),
        ("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/a", {"kms:ResourceAliases": ("alias/a",)}, True),
        ("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/a", {"kms:ResourceAliases": ()}, False),
        ("ArnLike", "aws:SourceArn", "arn:*:rule/a*", {"aws:SourceArn": "arn:aws:events:rule/ab"}, True),
        ("ArnEquals", "aws:SourceArn", "arn:a", {"aws:SourceArn": "arn:b"}, False),
        ("Bool", "aws:SecureTransport", "false", {"aws:SecureTransport": "false"}, True),
        ("NumericLessThan", "s3:TlsVersion", 1.2, {"s3:TlsVersion": 1.1}, True),
        ("Null", "sagemaker:ModelApprovalStatus", "true", {}, True),
        ("Null", "sagemaker:ModelApprovalStatus", "true", {"sagemaker:ModelApprovalStatus": "Approved"}, False),
    ],
)
def test_conditions(operator: str, key: str, expected: object, context: dict[str, object], holds: bool) -> None:
    statement = Statement("Allow", ("sqs:*",), (OWN,), conditions={operator: {key: expected}})
    call = Call(CALLER, "sqs:SendMessage", OWN, "test", context)
    assert Policies({CALLER: (statement,)}, {}, {}, {}).allow(call) is holds


def test_an_unknown_operator_is_not_passed_over() -> None:
    statement = Statement("Allow", ("sqs:*",), (OWN,), conditions={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    with pytest.raises(NotImplementedError, match="IpAddress"):
        Policies({CALLER: (statement,)}, {}, {}, {}).allow(Call(CALLER, "sqs:SendMessage", OWN, "test"))


def test_a_deny_wins() -> None:
    both = (Statement("Allow", ("sqs:*",), (OWN,)), Statement("Deny", ("sqs:SendMessage",), (OWN,)))
    assert not Policies({CALLER: both}, {}, {}, {}).allow(Call(CALLER, "sqs:SendMessage", OWN, "test"))


def test_wildcards() -> None:
    assert matches("s3:Get*", "s3:GetObject")
    assert matches("a?c", "abc")
    assert not matches("a[b]c", "abc")
