"""Validation of trust policies in IAM, beyond ministack's checks.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html. The messages are
assumptions.
"""

import json
from typing import Any


def trust_policy_error(document: str | dict[str, Any]) -> str | None:
    """Return IAM's message for an invalid trust policy, or None."""
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return "This policy contains invalid Json"
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        return "Syntax errors in policy."
    if any(not isinstance(one, dict) or not {"Principal", "NotPrincipal"} & set(one) for one in statements):
        return "AssumeRole policy must specify a principal."
    return None


def as_list(value: Any) -> list[Any]:
    """Return an element of a policy as a list. Policies contain a single value, a list, or none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
