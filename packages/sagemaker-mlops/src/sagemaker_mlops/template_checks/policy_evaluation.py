"""Decide a call from identity, resource and key policies, as IAM does. Only the operators that our policies use.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html (in one account, and
across accounts) and https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html (a key policy must allow).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Grant = Literal["none", "account", "principal"]
Context = Mapping[str, Any]


@dataclass(frozen=True)
class Statement:
    """One statement; principals is empty in a policy of an identity."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call by a role (its ARN) or a service (its principal), and why it is made."""

    principal: str
    action: str
    resource: str
    why: str
    context: Context = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.principal.rpartition(':')[2]} {self.action} {self.resource}"


@dataclass(frozen=True)
class Policies:
    """Policies of every account: of roles by ARN, of resources by ARN; owners of the resources, aliases of keys."""

    identities: Mapping[str, tuple[Statement, ...]]
    resources: Mapping[str, tuple[Statement, ...]]
    owners: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]

    def allow(self, call: Call) -> bool:
        """Return whether a call is allowed."""
        context = self._context(call)
        identity = {entry.effect for entry in self.identities.get(call.principal, ()) if _applies(entry, call, context)}
        resource = {
            (entry.effect, _grant(entry.principals, call.principal))
            for entry in self._resource_policy(call)
            if _applies(entry, call, context)
        }
        if "Deny" in identity or {("Deny", "account"), ("Deny", "principal")} & resource:
            return False
        return self._decide(call, "Allow" in identity, {grant for _, grant in resource})

    def _decide(self, call: Call, by_identity: bool, grants: set[Grant]) -> bool:
        if not call.principal.startswith("arn:"):
            return "principal" in grants
        crosses = call.principal.split(":")[4] != self.owner(call.resource)
        if "principal" in grants:
            return by_identity or not crosses
        needs_resource_policy = crosses or call.action.startswith("kms:")
        return by_identity and ("account" in grants or not needs_resource_policy)

    def owner(self, resource: str) -> str:
        """Return the account of a resource; an S3 ARN does not name it."""
        return self.owners.get(policy_holder(resource)) or resource.split(":")[4]

    def _resource_policy(self, call: Call) -> tuple[Statement, ...]:
        return self.resources.get(policy_holder(call.resource), ())

    def _context(self, call: Call) -> Context:
        secure = {"aws:SecureTransport": "true", "s3:TlsVersion": 1.3}
        return {**secure, "kms:ResourceAliases": self.aliases.get(call.resource, ()), **call.context}


def policy_holder(resource: str) -> str:
    """Return the ARN of the resource whose policy decides: the bucket of an object, the group of a version."""
    if resource.startswith("arn:aws:s3:::"):
        return resource.partition("/")[0]
    return re.sub(r":model-package/([^/]+)/.*", r":model-package-group/\1", resource)


def _applies(statement: Statement, call: Call, context: Context) -> bool:
    return (
        any(matches(pattern.lower(), call.action.lower()) for pattern in statement.actions)
        and any(matches(pattern, call.resource) for pattern in statement.resources)
        and all(
            _holds(operator, key, expected, context)
            for operator, keys in statement.conditions.items()
            for key, expected in keys.items()
        )
    )


def _grant(principals: tuple[str, ...], principal: str) -> Grant:
    if principal in principals or "*" in principals:
        return "principal"
    if principal.startswith("arn:"):
        account = principal.split(":")[4]
        if {account, f"arn:aws:iam::{account}:root"} & set(principals):
            return "account"
    return "none"


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern of IAM, in which * and ? are wildcards."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text) is not None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _arn(expected: list[Any], found: Any) -> bool:
    return found is not None and any(matches(str(pattern), str(found)) for pattern in expected)


OPERATORS: dict[str, Callable[[list[Any], Any], bool]] = {
    "StringEquals": lambda expected, found: found in expected,
    "ForAnyValue:StringEquals": lambda expected, found: bool(set(expected) & set(_listed(found or ()))),
    "Bool": lambda expected, found: str(found).lower() in [str(value).lower() for value in expected],
    "NumericLessThan": lambda expected, found: found is not None and any(found < float(value) for value in expected),
    "ArnLike": _arn,
    "ArnEquals": _arn,
    "Null": lambda expected, found: str(found is None).lower() in [str(value).lower() for value in expected],
}


def _holds(operator: str, key: str, expected: Any, context: Context) -> bool:
    if operator not in OPERATORS:
        raise NotImplementedError(f"the operator {operator} is new in our policies; add it here")
    return OPERATORS[operator](_listed(expected), context.get(key))
