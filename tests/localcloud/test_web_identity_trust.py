"""Which tokens of OpenID Connect a role's trust policy accepts.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from typing import Any

import pytest
from localcloud.errors import NotInLocalcloud
from localcloud.service_rules.web_identity_trust import ASSUME, trusts_web_identity

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111111111111:oidc-provider/{ISSUER}"
MAIN = {"aud": "sts.amazonaws.com", "sub": "repo:owner@1/name@2:ref:refs/heads/main"}


def statement(operator: str = "StringEquals", sub: Any = MAIN["sub"], **more: Any) -> dict[str, Any]:
    conditions = {operator: {f"{ISSUER}:sub": sub}}
    return {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ASSUME,
        "Condition": conditions,
        **more,
    }


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement()], True),
        ([statement(sub=["another", MAIN["sub"]])], True),
        ([statement(sub="repo:owner/name:ref:refs/heads/main")], False),
        ([statement("StringLike", "repo:owner@1/name@2:*")], True),
        ([statement("StringEquals", "repo:owner@1/name@2:*")], False),
        ([statement(Condition={"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}})], True),
        ([statement(Condition={"StringEquals": {f"{ISSUER}:aud": "another"}})], False),
        ([statement(Condition={"StringEquals": {f"{ISSUER}:job_workflow_ref": "x"}})], False),
        ([statement(Action="sts:AssumeRole")], False),
        ([statement(Action=["sts:TagSession", "sts:*"])], True),
        ([statement(Principal={"Service": "sagemaker.amazonaws.com"})], False),
        ([statement(Principal={"Federated": PROVIDER.replace(ISSUER, "gitlab.com")})], False),
        ([statement(), statement(Effect="Deny")], False),
        ([], False),
    ],
)
def test_a_token_is_accepted_by_its_claims(statements: list[dict[str, Any]], expected: bool) -> None:
    assert trusts_web_identity({"Statement": statements}, ISSUER, MAIN) is expected


def test_an_operator_that_is_not_evaluated_is_named() -> None:
    with pytest.raises(NotInLocalcloud, match="StringNotEquals"):
        trusts_web_identity({"Statement": [statement("StringNotEquals")]}, ISSUER, MAIN)
