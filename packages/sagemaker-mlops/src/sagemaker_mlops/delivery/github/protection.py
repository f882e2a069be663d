"""Branch protection of main: the required rules are added to the present ones, of which none is removed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REQUIRED_CHECK = "pass"
# GitHub Actions on github.com. A check that must come from this App cannot be satisfied by a manually set status.
ACTIONS_APP_ID = 15368
BOOLEAN_SETTINGS = (
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


@dataclass(frozen=True)
class MainRules:
    """Protection rules that main needs.

    Attributes:
        reviews: Minimum number of approvals for a pull request.
        app_slug: App that may merge without approvals, which it does to revert a rejected version; empty for none.
        checks_app_id: App that must report the check; None for GitHub Enterprise Server, where the id differs.
    """

    reviews: int
    app_slug: str = ""
    checks_app_id: int | None = ACTIONS_APP_ID

    @property
    def check(self) -> dict[str, Any]:
        """The required check in the form that GitHub's API expects."""
        app = {} if self.checks_app_id is None else {"app_id": self.checks_app_id}
        return {"context": REQUIRED_CHECK, **app}


def wanted_protection(present: Mapping[str, Any] | None, rules: MainRules) -> dict[str, Any]:
    """Return the complete protection in the form that GitHub's API expects.

    Args:
        present: Present protection as GitHub returns it; None without one.
        rules: Rules that main needs.

    Source: https://docs.github.com/rest/branches/branch-protection (update branch protection)
    """
    found = present or {}
    checks = found.get("required_status_checks") or {}
    return {
        "required_status_checks": {"strict": bool(checks.get("strict")), "checks": _checks(checks, rules)},
        "required_pull_request_reviews": _reviews(found.get("required_pull_request_reviews") or {}, rules),
        # Keep the present value: with enforce_admins, an administrator's token could not merge reverts without review.
        "enforce_admins": _is_on(found.get("enforce_admins")),
        "restrictions": _actor_logins(found.get("restrictions")),
        **{name: True for name in BOOLEAN_SETTINGS if _is_on(found.get(name))},
    }


def is_protected(present: Mapping[str, Any] | None, rules: MainRules) -> bool:
    """Return True if main requires the check and enough approvals, and the App may bypass the reviews."""
    found = present or {}
    checks = _present_checks(found.get("required_status_checks") or {})
    reviews = found.get("required_pull_request_reviews") or {}
    bypass = _actor_logins(reviews.get("bypass_pull_request_allowances")) or {}
    return (
        any(rules.check.items() <= check.items() for check in checks)
        and int(reviews.get("required_approving_review_count", 0)) >= rules.reviews
        and (rules.reviews == 0 or all(reviews.get(name) for name in REVIEW_RULES))
        and (not rules.app_slug or rules.app_slug in bypass.get("apps", []))
    )


def _present_checks(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the required checks with their Apps; checks in `contexts` only have a name."""
    checks = [dict(check) for check in found.get("checks") or []]
    named = {check["context"] for check in checks}
    return checks + [{"context": name} for name in found.get("contexts") or [] if name not in named]


def _checks(found: Mapping[str, Any], rules: MainRules) -> list[dict[str, Any]]:
    """Return the present checks and the required one.

    A null `app_id`, which GitHub returns but does not accept, is left out: GitHub then selects the App.
    """
    kept = [{name: value for name, value in check.items() if value is not None} for check in _present_checks(found)]
    others = [check for check in kept if check["context"] != REQUIRED_CHECK]
    return [*others, rules.check]


def _reviews(found: Mapping[str, Any], rules: MainRules) -> dict[str, Any]:
    """Return the present review rules with the required ones added.

    If approvals are required, they must be from a code owner, for the last push, and not from the person who pushed
    it. Otherwise a workflow of the author could approve the pull request, or code could be pushed after an approval.
    """
    kept: dict[str, Any] = {name: bool(found.get(name)) or rules.reviews > 0 for name in REVIEW_RULES}
    for name in ("dismissal_restrictions", "bypass_pull_request_allowances"):
        if name in found:
            kept[name] = _actor_logins(found[name])
    if rules.app_slug:
        bypass = kept.get("bypass_pull_request_allowances") or {kind: [] for kind, _ in PEOPLE}
        apps = sorted({*bypass["apps"], rules.app_slug})
        kept["bypass_pull_request_allowances"] = bypass | {"apps": apps}
    return {
        **kept,
        "required_approving_review_count": max(rules.reviews, int(found.get("required_approving_review_count", 0))),
    }


def _actor_logins(found: Mapping[str, Any] | None) -> dict[str, list[str]] | None:
    """Return login names and slugs, because the API returns objects but expects names."""
    if found is None:
        return None
    return {kind: [_name(one, key) for one in found.get(kind, [])] for kind, key in PEOPLE}


def _name(one: Any, key: str) -> str:
    return str(one[key]) if isinstance(one, Mapping) else str(one)


def _is_on(found: Any) -> bool:
    return bool(found.get("enabled")) if isinstance(found, Mapping) else bool(found)
