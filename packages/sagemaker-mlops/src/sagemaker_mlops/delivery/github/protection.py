"""The protection that main should have, given the one that it has: ours is added, nothing of it is taken away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

REQUIRED_CHECK = "pass"
# The App that reports the checks of workflows on github.com: a status that somebody sets by hand is not its own.
ACTIONS_APP_ID = 15368
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


@dataclass(frozen=True)
class MainRules:
    """What main needs.

    Args:
        reviews: how many approvals a pull request needs at least.
        app_slug: an App that may merge without approvals, as it does for a rejected version; empty for none.
        checks_app_id: the App that must report the check; None on a server of one's own, where the id is another.
    """

    reviews: int
    app_slug: str = ""
    checks_app_id: int | None = ACTIONS_APP_ID

    @property
    def check(self) -> dict[str, Any]:
        """The required check, in the form that GitHub expects."""
        app = {} if self.checks_app_id is None else {"app_id": self.checks_app_id}
        return {"context": REQUIRED_CHECK, **app}


def wanted_protection(present: Mapping[str, Any] | None, rules: MainRules) -> dict[str, Any]:
    """Return the whole protection, in the form that GitHub expects.

    Args:
        present: the protection as GitHub returns it; None without one.
        rules: what main needs.

    Source: https://docs.github.com/rest/branches/branch-protection (update branch protection)
    """
    found = present or {}
    checks = found.get("required_status_checks") or {}
    return {
        "required_status_checks": {"strict": bool(checks.get("strict")), "checks": _checks(checks, rules)},
        "required_pull_request_reviews": _reviews(found.get("required_pull_request_reviews") or {}, rules),
        # An administrator's token merges reverts at once; a workflow's own token leaves them to people.
        "enforce_admins": _is_on(found.get("enforce_admins")),
        "restrictions": _people(found.get("restrictions")),
        **{name: True for name in SWITCHES if _is_on(found.get(name))},
    }


def is_protected(present: Mapping[str, Any] | None, rules: MainRules) -> bool:
    """Return whether main has the check, enough approvals of the right people, and the App's right to merge."""
    found = present or {}
    checks = _present_checks(found.get("required_status_checks") or {})
    reviews = found.get("required_pull_request_reviews") or {}
    bypass = _people(reviews.get("bypass_pull_request_allowances")) or {}
    return (
        any(rules.check.items() <= check.items() for check in checks)
        and int(reviews.get("required_approving_review_count", 0)) >= rules.reviews
        and (rules.reviews == 0 or all(reviews.get(name) for name in REVIEW_RULES))
        and (not rules.app_slug or rules.app_slug in bypass.get("apps", []))
    )


def _present_checks(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the required checks with the App that each must come from; older answers have names only."""
    checks = [dict(check) for check in found.get("checks") or []]
    named = {check["context"] for check in checks}
    return checks + [{"context": name} for name in found.get("contexts") or [] if name not in named]


def _checks(found: Mapping[str, Any], rules: MainRules) -> list[dict[str, Any]]:
    """Keep each check with its App. `app_id` may be absent: GitHub then chooses; null is no number."""
    kept = [{name: value for name, value in check.items() if value is not None} for check in _present_checks(found)]
    others = [check for check in kept if check["context"] != REQUIRED_CHECK]
    return [*others, rules.check]


def _reviews(found: Mapping[str, Any], rules: MainRules) -> dict[str, Any]:
    """Keep what is there. With approvals, a code owner gives them, for the last push, which was another's.

    Otherwise a writer's own workflow could approve that writer's request, or code could be pushed after an approval.
    """
    kept: dict[str, Any] = {name: bool(found.get(name)) or rules.reviews > 0 for name in REVIEW_RULES}
    for name in ("dismissal_restrictions", "bypass_pull_request_allowances"):
        if name in found:
            kept[name] = _people(found[name])
    if rules.app_slug:
        bypass = kept.get("bypass_pull_request_allowances") or {kind: [] for kind, _ in PEOPLE}
        apps = sorted({*bypass["apps"], rules.app_slug})
        kept["bypass_pull_request_allowances"] = bypass | {"apps": apps}
    return {
        **kept,
        "required_approving_review_count": max(rules.reviews, int(found.get("required_approving_review_count", 0))),
    }


def _people(found: Mapping[str, Any] | None) -> dict[str, list[str]] | None:
    """Return names: the API answers with whole objects but expects login names and slugs."""
    if found is None:
        return None
    return {kind: [_name(one, key) for one in found.get(kind, [])] for kind, key in PEOPLE}


def _name(one: Any, key: str) -> str:
    return str(one[key]) if isinstance(one, Mapping) else str(one)


def _is_on(found: Any) -> bool:
    return bool(found.get("enabled")) if isinstance(found, Mapping) else bool(found)
