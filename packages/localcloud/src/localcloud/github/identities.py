"""Whose a token is, and what it may do: people, a workflow's built-in token, tokens of Apps.

Any word is a person's token, and that person administers the repository. The setting `logins` names other people,
who administer nothing: `{token: login}`.
"""

import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from localcloud.github import app_jwt
from localcloud.github.answers import Refused, Request
from localcloud.github.records import Record, Records

BUILT_IN_TOKEN = "built-in-"
BUILT_IN_LOGIN = "github-actions[bot]"
INSTALLATION_TOKEN = "ghs_"
ADMINISTRATOR = "person"
HOUR_SECONDS = 3600
# What an installation token needs for a call, by the beginning of its path; nothing else is open to one here.
# Source: https://docs.github.com/rest/authentication/permissions-required-for-github-apps
NEEDED = (
    ("/issues", "issues"),
    ("/pulls", "pull_requests"),
    ("/contents", "contents"),
    ("/git/", "contents"),
    ("/compare", "contents"),
    ("/deployments", "deployments"),
    ("/actions/workflows", "actions"),
    ("/actions/runs", "actions"),
)


class Identities:
    """Accounts and tokens of one stand-in."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def now(self) -> float:
        """Return the time, moved ahead by what a test wants to let pass."""
        return time.time() + float(self._records.setting("clock-ahead-seconds") or 0)

    def knows(self, token: str) -> bool:
        """Return whether a token is good: not refused by a test, and not one of an App that has expired."""
        if not token or token in (self._records.setting("refused-tokens") or []):
            return False
        if not token.startswith(INSTALLATION_TOKEN):
            return True
        found = self._installation(token)
        return found is not None and bool(found["expires"] > self.now())

    def login(self, token: str) -> str:
        """Return the account that acts with a token."""
        if token.startswith(BUILT_IN_TOKEN):
            return BUILT_IN_LOGIN
        if found := self._installation(token):
            return f"{found['slug']}[bot]"
        named: dict[str, str] = self._records.setting("logins") or {}
        return named.get(token, ADMINISTRATOR)

    def slug(self, token: str) -> str:
        """Return the App whose token it is; empty for none."""
        return str((self._installation(token) or {}).get("slug", ""))

    def is_administrator(self, token: str) -> bool:
        """Return whether a token is that of the person whose repository it is."""
        return self.login(token) == ADMINISTRATOR

    def user(self, token: str) -> Record:
        """Return who acts, as GitHub puts it into what was written."""
        login = self.login(token)
        return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}

    def check_permission(self, request: Request, path: str) -> None:
        """Raise Refused with GitHub's 403 where a token of an App lacks the permission."""
        found = self._installation(request.token)
        if found is None:
            return
        needed = next((name for start, name in NEEDED if path.startswith(start)), "administration")
        level = found["permissions"].get(needed, "")
        if level != "write" and not (level == "read" and request.method == "GET"):
            raise Refused(403, "Resource not accessible by integration")

    def new_app(self, name: str, permissions: dict[str, str]) -> Record:
        """Make an App that is installed in the repository; only this answer has its private key."""
        apps = self._apps()
        private, public = app_jwt.new_key()
        number = 1000 + len(apps) + 1
        app = {
            "id": number,
            "client_id": f"Iv23{secrets.token_hex(8)}",
            "slug": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
            "public_key": public,
            "installation_id": number + 100_000,
            "permissions": permissions,
        }
        self._records.set_setting("apps", [*apps, app])
        return {**app, "pem": private}

    def app_of(self, token: str) -> Record:
        """Return the App that a signed token is from; raises Refused with GitHub's 401."""
        name = app_jwt.issuer(token)
        for app in self._apps():
            if name in (str(app["id"]), app["client_id"]):
                app_jwt.check(token, app["public_key"], self.now())
                return app
        raise Refused(401, "Integration not found")

    def new_installation_token(self, app: Record, permissions: dict[str, str]) -> Record:
        """Make a token of an App in the repository, good for an hour; raises Refused for what the App may not do."""
        for name, level in permissions.items():
            if app["permissions"].get(name) not in (level, "write"):
                raise Refused(422, "The permissions requested are not granted to this installation.")
        token, expires = f"{INSTALLATION_TOKEN}{secrets.token_hex(18)}", self.now() + HOUR_SECONDS
        granted = permissions or app["permissions"]
        kept = {"slug": app["slug"], "expires": expires, "permissions": granted}
        self._records.set_setting(f"installation-token:{token}", kept)
        at = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"token": token, "expires_at": at, "permissions": granted, "repository_selection": "selected"}

    def _apps(self) -> list[Record]:
        return list(self._records.setting("apps") or [])

    def _installation(self, token: str) -> dict[str, Any] | None:
        if not token.startswith(INSTALLATION_TOKEN):
            return None
        found: dict[str, Any] | None = self._records.setting(f"installation-token:{token}")
        return found
