"""Evaluation of a role's trust policy for OpenID Connect tokens.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

import json
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from localcloud.errors import NotInLocalcloud
from localcloud.service_rules.trust_policies import as_list

ASSUME = "sts:AssumeRoleWithWebIdentity"
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda claim, wanted: claim == wanted,
    "StringLike": fnmatchcase,
    "ForAnyValue:StringEquals": lambda claim, wanted: claim == wanted,
    "ForAnyValue:StringLike": fnmatchcase,
}


def trusts_web_identity(document: str | Mapping[str, Any], issuer: str, claims: Mapping[str, str]) -> bool:
    """Return True if a statement allows the token to assume the role and none denies it.

    Args:
        document: the trust policy.
        issuer: the provider's address without https://, with which condition keys begin.
        claims: the token's claims by name, such as `sub` and `aud`.

    Raises:
        NotInLocalcloud: for a condition operator that is not supported.
    """
    policy = json.loads(document) if isinstance(document, str) else document
    effects = {
        statement["Effect"]
        for statement in as_list(policy["Statement"])
        if _names_provider(statement.get("Principal"), issuer)
        and any(fnmatchcase(ASSUME, action) for action in as_list(statement.get("Action")))
        and _conditions_hold(statement.get("Condition") or {}, issuer, claims)
    }
    return effects == {"Allow"}


def _names_provider(principal: Any, issuer: str) -> bool:
    named = as_list(principal.get("Federated")) if isinstance(principal, dict) else []
    return any(str(name).endswith(f":oidc-provider/{issuer}") for name in named)


def _conditions_hold(conditions: Mapping[str, Any], issuer: str, claims: Mapping[str, str]) -> bool:
    for operator, wanted in conditions.items():
        if operator not in OPERATORS:
            raise NotInLocalcloud(f"the condition operator {operator} in a trust policy")
        for key, values in wanted.items():
            claim = claims.get(key.removeprefix(f"{issuer}:"))
            if claim is None or not any(OPERATORS[operator](claim, value) for value in as_list(values)):
                return False
    return True
