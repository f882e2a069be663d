"""Format of branch protection: requests contain booleans and names, responses contain objects.

Source: https://docs.github.com/rest/branches/branch-protection (get and update branch protection)
"""

from typing import Any

SWITCHES = (
    "enforce_admins",
    "required_linear_history",
    "allow_force_pushes",
    "allow_deletions",
    "block_creations",
    "required_conversation_resolution",
    "lock_branch",
    "allow_fork_syncing",
)
NAMES = {"users": "login", "teams": "slug", "apps": "slug"}
ACTORS = ("dismissal_restrictions", "bypass_pull_request_allowances")


def shown_protection(given: dict[str, Any]) -> dict[str, Any]:
    """Return the protection of a request in the format of a response. Null values are left out."""
    shown = {name: value for name, value in given.items() if value is not None}
    for name in SWITCHES:
        if isinstance(shown.get(name), bool):
            shown[name] = {"enabled": shown[name]}
    if reviews := shown.get("required_pull_request_reviews"):
        shown["required_pull_request_reviews"] = {
            name: _actors(value) if name in ACTORS else value for name, value in reviews.items()
        }
    if "restrictions" in shown:
        shown["restrictions"] = _actors(shown["restrictions"])
    return shown


def _actors(given: dict[str, list[str]]) -> dict[str, list[dict[str, str]]]:
    return {kind: [{NAMES[kind]: name} for name in names] for kind, names in given.items()}
