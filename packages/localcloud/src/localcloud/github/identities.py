"""Accounts and permissions of tokens: people, a workflow's built-in token, and tokens of Apps.

Any string is the token of the person who administers the repository. The setting `logins` (`{token: login}`) defines
other people, who have no administrator rights.
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
# Permission that an App's installation token needs, by the beginning of the request's path. All other paths need
# `administration`.
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
    """Accounts and tokens of the stand-in for GitHub."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def now(self) -> float:
        """Return the current time plus the offset that a test has set (`clock-ahead-seconds`)."""
        return time.time() + float(self._records.setting("clock-ahead-seconds") or 0)

    def knows(self, token: str) -> bool:
        """Return True if a token is valid: not refused by a test, and not an expired token of an App."""
        if not token or token in (self._records.setting("refused-tokens") or []):
            return False
        if not token.startswith(INSTALLATION_TOKEN):
            return True
        found = self._installation(token)
        return found is not None and bool(found["expires"] > self.now())

    def login(self, token: str) -> str:
        """Return the login of the account of a token."""
        if token.startswith(BUILT_IN_TOKEN):
            return BUILT_IN_LOGIN
        if found := self._installation(token):
            return f"{found['slug']}[bot]"
        named: dict[str, str] = self._records.setting("logins") or {}
        return named.get(token, ADMINISTRATOR)

    def slug(self, token: str) -> str:
        """Return the slug of the App that a token belongs to, or an empty string."""
        return str((self._installation(token) or {}).get("slug", ""))

    def is_administrator(self, token: str) -> bool:
        """Return True if a token belongs to the administrator of the repository."""
        return self.login(token) == ADMINISTRATOR

    def user(self, token: str) -> Record:
        """Return the account of a token as a user object of the API."""
        login = self.login(token)
        return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}

    def check_permission(self, request: Request, path: str) -> None:
        """Raise Refused with GitHub's 403 if a token of an App lacks the permission for a request."""
        found = self._installation(request.token)
        if found is None:
            return
        needed = next((name for start, name in NEEDED if path.startswith(start)), "administration")
        level = found["permissions"].get(needed, "")
        if level != "write" and not (level == "read" and request.method == "GET"):
            raise Refused(403, "Resource not accessible by integration")

    def new_app(self, name: str, permissions: dict[str, str]) -> Record:
        """Create an App that is installed in the repository. Only this response contains its private key."""
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
        """Return the App that signed a token.

        Raises:
            Refused: with GitHub's 401 if the App is unknown or the token is invalid.
        """
        name = app_jwt.issuer(token)
        for app in self._apps():
            if name in (str(app["id"]), app["client_id"]):
                app_jwt.check(token, app["public_key"], self.now())
                return app
        raise Refused(401, "Integration not found")

    def new_installation_token(self, app: Record, permissions: dict[str, str]) -> Record:
        """Create an installation token of an App that expires after an hour.

        Raises:
            Refused: with 422 if the App lacks one of the permissions.
        """
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
