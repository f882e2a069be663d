"""Three accounts: every call across them is allowed by both sides, and each permission is needed by a call."""

from dataclasses import replace

import pytest
from sagemaker_mlops.template_checks.policy_evaluation import Call, Policies, Statement, policy_holder
from sagemaker_mlops.template_checks.template_policies import policies_of, without

from tests.stacks.conftest import Templates
from tests.stacks.service_calls import (
    ARTIFACTS,
    CONSUMERS,
    GROUP,
    IMAGES,
    PULL,
    REGISTRY,
    REGISTRY_KEY,
    cross_account_calls,
    deployer,
    refused_calls,
    role,
    service_calls,
)
from tests.stacks.settings import ACCOUNTS, PLACES

VERSIONS = GROUP.replace("model-package-group", "model-package") + "/*"


@pytest.fixture(scope="module")
def policies(templates: Templates) -> Policies:
    """All policies, with the administrator of each account's bootstrap."""
    found = policies_of(templates, PLACES)
    administrators = {deployer(environment): (Statement("Allow", ("*",), ("*",)),) for environment in ACCOUNTS}
    return replace(found, identities={**found.identities, **administrators})


def denied(policies: Policies, calls: list[Call]) -> list[str]:
    return [str(call) for call in calls if not policies.allow(call)]


def test_every_call_across_accounts_is_allowed(policies: Policies) -> None:
    assert denied(policies, cross_account_calls()) == []


@pytest.mark.parametrize("environment", ACCOUNTS)
def test_services_may_do_what_they_do_by_themselves(policies: Policies, environment: str) -> None:
    assert denied(policies, list(service_calls(environment))) == []


@pytest.mark.parametrize("call", refused_calls(), ids=str)
def test_what_must_stay_impossible_is_refused(policies: Policies, call: Call) -> None:
    assert not policies.allow(call), call.why


READ_REGISTRY = [
    ("sagemaker:DescribeModelPackageGroup", GROUP),
    ("sagemaker:ListModelPackages", GROUP),
    ("sagemaker:ListModelPackages", VERSIONS),
    ("sagemaker:DescribeModelPackage", VERSIONS),
]
# What the registry's account grants to the others: the resource that has the policy, the action, on what.
GRANTED = [
    *((GROUP, action, resource) for action, resource in READ_REGISTRY),
    (GROUP, "sagemaker:UpdateModelPackage", VERSIONS),
    (GROUP, "sagemaker:CreateModel", VERSIONS),
    (ARTIFACTS, "s3:ListBucket", ARTIFACTS),
    (ARTIFACTS, "s3:GetObject", f"{ARTIFACTS}/runs/*"),
    (REGISTRY_KEY, "kms:Decrypt", "*"),
    *((IMAGES, action, IMAGES) for action in PULL),
]
# What roles of the other accounts may do there.
READ_RUNS = ["s3:ListBucket", "s3:GetObject", "kms:Decrypt"]
DESCRIBE = [f"sagemaker:{action}" for action in ("DescribeModelPackage", "ListModelPackages")]
USED = {
    "endpoint": [*READ_RUNS, *PULL],
    "github-read": [*DESCRIBE, "sagemaker:DescribeModelPackageGroup"],
    "github-deploy": [
        *(*DESCRIBE, "sagemaker:DescribeModelPackageGroup", "sagemaker:UpdateModelPackage"),
        *READ_RUNS,
    ],
}
PERMISSIONS = [
    *(
        (role(environment, purpose), action)
        for environment in CONSUMERS
        for purpose in USED
        for action in USED[purpose]
    ),
    *((role("production", "monitoring"), action) for action in (*DESCRIBE, *READ_RUNS, *PULL)),
]


def _name(permission: tuple[str, ...]) -> str:
    return "-".join(part.rpartition(":")[2].replace("/", ".") for part in permission)


@pytest.mark.parametrize("permission", [*GRANTED, *PERMISSIONS], ids=_name)
def test_without_one_permission_a_call_fails(policies: Policies, permission: tuple[str, ...]) -> None:
    assert denied(without(policies, *permission), cross_account_calls()), "nobody needs it: remove it from the policy"


def test_every_permission_across_accounts_is_in_the_list(policies: Policies) -> None:
    assert sorted(_granted(policies)) == sorted(GRANTED)
    assert _used(policies) == set(PERMISSIONS)


def _granted(policies: Policies) -> list[tuple[str, str, str]]:
    """Return what policies of resources allow to other accounts."""
    return [
        (holder, action, resource)
        for holder, statements in policies.resources.items()
        for statement in statements
        if statement.effect == "Allow" and _others(statement, policies.owner(holder))
        for action in statement.actions
        for resource in statement.resources
    ]


def _others(statement: Statement, owner: str) -> bool:
    """Return whether a statement is about a principal of another account; services have none."""
    principals = [one for one in statement.principals if not one.endswith(".amazonaws.com")]
    return any(owner not in one for one in principals)


def _used(policies: Policies) -> set[tuple[str, str]]:
    """Return what roles of other accounts may do with resources of the registry's account."""
    return {
        (holder, action)
        for holder, statements in policies.identities.items()
        for statement in statements
        for action in statement.actions
        if holder.split(":")[4] != REGISTRY
        and any(one != "*" and policies.owner(policy_holder(one)) == REGISTRY for one in statement.resources)
    }
