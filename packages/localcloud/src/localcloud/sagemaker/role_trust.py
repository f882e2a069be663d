"""Evaluation of a role's trust policy for SageMaker."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from localcloud.service_rules.trust_policies import as_list

SERVICE = "sagemaker.amazonaws.com"
ASSUME = "sts:assumerole"


def trusts_sagemaker(document: str | dict[str, Any]) -> bool:
    """Return True if a statement allows SageMaker to assume the role and none denies it.

    Conditions are not evaluated.
    """
    effects = set(_effects_on_sagemaker(document))
    return "Allow" in effects and "Deny" not in effects


def _effects_on_sagemaker(document: str | dict[str, Any]) -> Iterator[str]:
    policy = json.loads(document) if isinstance(document, str) else document
    for statement in as_list(policy.get("Statement")):
        if _names_sagemaker(statement.get("Principal")) and _covers_assume(statement):
            yield str(statement.get("Effect"))


def _names_sagemaker(principal: Any) -> bool:
    if isinstance(principal, dict):
        principal = principal.get("Service")
    return any(name in ("*", SERVICE) for name in as_list(principal))


def _covers_assume(statement: dict[str, Any]) -> bool:
    return any(fnmatchcase(ASSUME, str(action).lower()) for action in as_list(statement.get("Action")))
