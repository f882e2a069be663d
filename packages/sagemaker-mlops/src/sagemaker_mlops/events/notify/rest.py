"""Client for GitHub's REST API, with retries for rate limits and server errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

TIMEOUT_SECONDS = 10.0
# Short retries; for longer outages Lambda retries the event and then sends it to the dead-letter queue.
RETRIES = urllib3.Retry(
    total=3,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET", "POST"),
    raise_on_status=False,
)


class GitHubRefused(Exception):
    """GitHub rejected a request or did not respond; the message contains the reason, but not the token."""


@dataclass(frozen=True)
class Rest:
    """REST API of one GitHub repository."""

    api_url: str
    owner: str
    repository: str
    retries: urllib3.Retry = RETRIES

    def send(self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> tuple[int, bytes]:
        """Send a request and return the status code and the body of the response.

        Args:
            method: HTTP method.
            path: path below the API's URL, beginning with a slash.
            token: bearer token.
            body: content that is sent as JSON.

        Raises:
            GitHubRefused: if GitHub does not respond. Error status codes are returned, not raised.
        """
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
