"""Requests to GitHub's REST API, with retries, and errors that name the next step.

Source: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.environments.settings import GitHub as GitHubSettings

TIMEOUT_SECONDS = 20.0
PAGE_SIZE = 100
TRIES = 7
LONGEST_PAUSE_SECONDS = 60.0
BUSY = (429, 500, 502, 503, 504)
SECONDARY_LIMIT = "secondary rate limit"
SECONDARY_PAUSE_SECONDS = 60.0
TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN", "DELIVERY_TOKEN")
# Account of the built-in token of a workflow.
BUILT_IN_LOGIN = "github-actions[bot]"


class GitHubError(DeliveryError):
    """Refusal of a request by GitHub, or no response; `status` is the HTTP status, 0 without a response."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """HTTP response from GitHub; the header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def content(self) -> Any:
        """The JSON content; None if the body is empty."""
        return json.loads(self.text) if self.text.strip() else None

    @property
    def pause_seconds(self) -> float | None:
        """Seconds that GitHub asks to wait before a retry; None if the request must not be retried.

        Source: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api (exceeding the rate limit)
        """
        if self.status in BUSY:
            return _seconds(self.headers.get("retry-after"))
        is_limited = "retry-after" in self.headers or self.headers.get("x-ratelimit-remaining") == "0"
        if self.status == 403 and is_limited:
            until_reset = max(_seconds(self.headers.get("x-ratelimit-reset")) - time.time(), 0)
            return _seconds(self.headers.get("retry-after")) or until_reset
        if self.status == 403 and SECONDARY_LIMIT in self.text:
            return SECONDARY_PAUSE_SECONDS
        return None


@dataclass(frozen=True)
class GitHubClient:
    """Client for one repository, with a token."""

    api_url: str
    owner: str
    repository: str
    token: str
    sleep: Callable[[float], None] = time.sleep
    login: str = ""

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request and return the JSON content.

        Args:
            method: HTTP method.
            path: Path below /repos/{owner}/{repository}.
            body: JSON body.

        Raises:
            GitHubError: GitHub refused the request, or did not answer after several attempts.
        """
        return self._request(method, f"/repos/{self.owner}/{self.repository}{path}", path, body)

    def own_login(self) -> str:
        """Return the login of the token's account; empty for an App's token without a given login.

        GET /user does not work with installation tokens, so workflows set the variable TOKEN_LOGIN.

        Source: https://docs.github.com/rest/users/users#get-the-authenticated-user
        """
        if self.login:
            return self.login
        try:
            return str(self._request("GET", "/user", "/user", None)["login"])
        except GitHubError as error:
            if error.status not in (403, 404):
                raise
            return ""

    def _request(self, method: str, whole_path: str, path: str, body: Mapping[str, Any] | None) -> Any:
        answer = self._send_until_answered(method, whole_path, body)
        if answer.status >= 300:
            raise GitHubError(self._refusal(method, path, answer), answer.status)
        try:
            return answer.content
        except json.JSONDecodeError:
            raise GitHubError(
                f"{self.api_url} is not a GitHub API: it answered {method} {path} with no JSON", 0
            ) from None

    def find(self, path: str) -> Any:
        """Return the JSON content at a path, or None if GitHub answers 404."""
        try:
            return self.request("GET", path)
        except GitHubError as error:
            if error.status == 404:
                return None
            raise

    def pages(self, path: str) -> Iterator[Any]:
        """Yield the entries of a list from all of its pages."""
        separator, number = "&" if "?" in path else "?", 1
        while True:
            entries = self.request("GET", f"{path}{separator}per_page={PAGE_SIZE}&page={number}")
            yield from entries
            if len(entries) < PAGE_SIZE:
                return
            number += 1

    def _send_until_answered(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        for tried in range(1, TRIES + 1):
            try:
                answer = self._send(method, path, body)
            except urllib3.exceptions.HTTPError as error:
                if tried == TRIES:
                    raise GitHubError(f"{self.api_url} did not answer: {error}", 0) from None
                self.sleep(min(2.0**tried, LONGEST_PAUSE_SECONDS))
                continue
            pause = answer.pause_seconds
            if pause is None or tried == TRIES:
                break
            self.sleep(min(max(pause, 2.0**tried), LONGEST_PAUSE_SECONDS))
        return answer

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "User-Agent": f"{self.repository}-delivery",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        content = None if body is None else json.dumps(body).encode()
        answer = urllib3.PoolManager().request(
            method, self.api_url + path, body=content, headers=headers, timeout=TIMEOUT_SECONDS, retries=False
        )
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, lower, answer.data.decode("utf-8", errors="replace"))

    def _refusal(self, method: str, path: str, answer: Answer) -> str:
        what = f"GitHub answered {answer.status} to {method} {path}"
        if answer.status == 401:
            return (
                f"{what}: the token has expired or is wrong. Give a new one: the secret DELIVERY_TOKEN, or GITHUB_TOKEN"
            )
        if answer.status in (403, 404):
            place = f"{self.owner}/{self.repository}"
            return f"{what}: {_message(answer)}. May the token do that in {place}? See mlops github setup"
        return f"{what}: {_message(answer)}"


def _seconds(text: str | None) -> float:
    """Return a header's number of seconds; 0 without a number, such as for a date, which HTTP also allows."""
    return float(text) if text and text.isdecimal() else 0.0


def _message(answer: Answer) -> str:
    try:
        content = answer.content
    except json.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        return answer.text[:200]
    errors = [error.get("message", error) if isinstance(error, dict) else error for error in content.get("errors", [])]
    return ": ".join([str(content.get("message", "")), *map(str, errors)])


def github_client(settings: GitHubSettings) -> GitHubClient:
    """Return a client for the project's repository. Raise DeliveryError without a token in the environment."""
    token = next((os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), None)
    if token is None:
        raise DeliveryError(
            f"expected a GitHub token in GITHUB_TOKEN, found none. {do_first('repository')}; on a machine with the "
            "GitHub CLI: export GITHUB_TOKEN=$(gh auth token)"
        )
    api_url = os.environ.get("GITHUB_API_URL") or settings.api_url  # runners set GITHUB_API_URL
    login = os.environ.get("TOKEN_LOGIN", "")
    return GitHubClient(api_url.rstrip("/"), settings.owner, settings.repository, token, login=login)


def starts_workflows() -> bool:
    """Return True if pushes and pull requests with the token trigger workflows.

    GitHub's built-in token does not: the workflows of its pull requests wait for approval, and its pushes trigger none.

    Sources: https://docs.github.com/actions/concepts/security/github_token and GitHub's changelog of 2026-06-11
    (pull requests created by github-actions[bot] can run workflows after approval).
    """
    return os.environ.get("TOKEN_LOGIN", "") != BUILT_IN_LOGIN
