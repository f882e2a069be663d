"""Installation access tokens of the team's GitHub App, which expire after one hour."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..shared.app_jwt import app_jwt
from .rest import GitHubRefused, Rest

# Shorter than the lifetime of one hour, so that a reused token remains valid while a workflow is started.
TOKEN_REUSE_SECONDS = 3000


@dataclass(frozen=True)
class App:
    """Client id (or numeric id) and private key of a GitHub App."""

    app_id: str
    private_key: str


class InstallationTokens:
    """Installation access tokens of an App for one repository; a token is reused for fifty minutes.

    Source: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app
    """

    def __init__(self, rest: Rest, now: Callable[[], float] = time.time) -> None:
        self._rest, self._now = rest, now
        self._kept: tuple[App, float, str] | None = None

    def token(self, app: App) -> str:
        """Return a token whose only permission is to start workflows (actions: write) in the repository.

        Raises:
            GitHubRefused: if GitHub rejects a request or does not respond.
            KeyUnreadable: if the App's private key is not in PKCS#1 PEM format.
        """
        now = self._now()
        if self._kept and self._kept[0] == app and now - self._kept[1] < TOKEN_REUSE_SECONDS:
            return self._kept[2]
        token = self._make(app_jwt(app.app_id, app.private_key, now))
        self._kept = (app, now, token)
        return token

    def _make(self, jwt: str) -> str:
        repository = f"/repos/{self._rest.owner}/{self._rest.repository}"
        installation = self._content(
            self._rest.send("GET", f"{repository}/installation", jwt), "the App's installation"
        )
        body = {"repositories": [self._rest.repository], "permissions": {"actions": "write"}}
        path = f"/app/installations/{installation['id']}/access_tokens"
        return str(self._content(self._rest.send("POST", path, jwt, body), "a token")["token"])

    @staticmethod
    def _content(answer: tuple[int, bytes], what: str) -> Any:
        status, data = answer
        if status >= 300:
            message = data.decode("utf-8", errors="replace")[:300]
            raise GitHubRefused(f"expected {what}, GitHub answered {status}: {message}. See mlops github notify-app")
        return json.loads(data)
