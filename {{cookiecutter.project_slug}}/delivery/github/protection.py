"""The protection that main should have, given the one that it has: ours is added, nothing of it is taken away."""

from collections.abc import Mapping
from typing import Any

REQUIRED_CHECK = "pass"
SWITCHES = (
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)
REVIEW_RULES = ("dismiss_stale_reviews", "require_code_owner_reviews", "require_last_push_approval")
PEOPLE = (("users", "login"), ("teams", "slug"), ("apps", "slug"))


def wanted_protection(present: Mapping[str, Any] | None, reviews: int) -> dict[str, Any]:
    """The whole protection, as GitHub wants it written.

    Args:
        present: the protection as GitHub tells it; None without one.
        reviews: how many approvals a pull request needs at least.

    Source: https://docs.github.com/rest/branches/branch-protection (update branch protection)
    """
    found = present or {}
    checks = found.get("required_status_checks") or {}
    contexts = [*checks.get("contexts", [])]
    return {
        "required_status_checks": {
            "strict": bool(checks.get("strict")),
            "contexts": contexts if REQUIRED_CHECK in contexts else [*contexts, REQUIRED_CHECK],
        },
        "required_pull_request_reviews": _reviews(found.get("required_pull_request_reviews") or {}, reviews),
        # An administrator's token merges reverts at once; a workflow's own token leaves them to people.
        "enforce_admins": _is_on(found.get("enforce_admins")),
        "restrictions": _people(found.get("restrictions")),
        **{name: True for name in SWITCHES if _is_on(found.get(name))},
    }


def is_protected(present: Mapping[str, Any] | None, reviews: int) -> bool:
    """Whether main has the check and enough approvals."""
    found = present or {}
    contexts = (found.get("required_status_checks") or {}).get("contexts", [])
    count = (found.get("required_pull_request_reviews") or {}).get("required_approving_review_count", 0)
    return REQUIRED_CHECK in contexts and int(count) >= reviews


def _reviews(found: Mapping[str, Any], reviews: int) -> dict[str, Any]:
    kept: dict[str, Any] = {name: found[name] for name in REVIEW_RULES if name in found}
    for name in ("dismissal_restrictions", "bypass_pull_request_allowances"):
        if name in found:
            kept[name] = _people(found[name])
    return {
        **kept,
        "required_approving_review_count": max(reviews, int(found.get("required_approving_review_count", 0))),
    }


def _people(found: Mapping[str, Any] | None) -> dict[str, list[str]] | None:
    """GitHub tells whole people, and wants their names."""
    if found is None:
        return None
    return {kind: [_name(one, key) for one in found.get(kind, [])] for kind, key in PEOPLE}


def _name(one: Any, key: str) -> str:
    return str(one[key]) if isinstance(one, Mapping) else str(one)


def _is_on(found: Any) -> bool:
    return bool(found.get("enabled")) if isinstance(found, Mapping) else bool(found)
