"""Requests to GitHub's REST API: tried again while GitHub is busy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

TIMEOUT_SECONDS = 10.0
# Short retries here; longer ones are Lambda's, and the dead-letter queue is the end of them.
RETRIES = urllib3.Retry(
    total=3,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET", "POST"),
    raise_on_status=False,
)


class GitHubRefused(Exception):
    """GitHub did not do what it was asked for; the message says why, without the token."""


@dataclass(frozen=True)
class Rest:
    """One repository on GitHub."""

    api_url: str
    owner: str
    repository: str
    retries: urllib3.Retry = RETRIES

    def send(self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> tuple[int, bytes]:
        """Send a request; returns status and content. Raises GitHubRefused if GitHub does not answer."""
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": f"{self.repository}-notify",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = urllib3.PoolManager().request(
                method,
                self.api_url + path,
                body=content,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                retries=self.retries,
            )
        except urllib3.exceptions.HTTPError as error:
            raise GitHubRefused(f"{self.api_url} did not answer: {error}") from error
        return answer.status, answer.data
