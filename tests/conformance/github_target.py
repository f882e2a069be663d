"""The GitHub that beliefs are held against: localcloud's stand-in, or a throw-away repository of a real account."""

import base64
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.target import TAG

API = "https://api.github.com"
VERSION = "2022-11-28"
MAIN = "main"
TIMEOUT_SECONDS = 30
# GitHub shows a new branch, request or run a moment after it has said that it is there.
LONGEST_SECONDS = 60.0


@dataclass(frozen=True)
class GitHubAnswer:
    """Status and JSON of an answer."""

    status: int
    content: Any

    @property
    def text(self) -> str:
        """Everything that the answer says: GitHub puts the reason into `message` or into `errors`."""
        return json.dumps(self.content)


@dataclass
class GitHubTarget:
    """One repository, and what this run has created in it."""

    url: str
    full_name: str
    token: str
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    _undo: list[tuple[str, str, str, dict[str, Any] | None]] = field(default_factory=list)
    _about: dict[str, Any] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The owner of the repository."""
        return self.full_name.split("/")[0]

    def name(self, what: str) -> str:
        """A name that no other run uses."""
        return f"{TAG}-{self.run}-{what}"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, token: str = "") -> GitHubAnswer:
        """Call the API below the repository; a path that begins with two slashes belongs to no repository.

        Args:
            method: the HTTP method.
            path: the path.
            body: what is sent, if anything.
            token: another token than the target's.
        """
        whole = path[1:] if path.startswith("//") else f"/repos/{self.full_name}{path}"
        return _send(self.url + whole, method, body, token or self.token)

    def done(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """As `ask`, for a call that has to succeed; returns the content."""
        answer = self.ask(method, path, body)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: expected success, found {answer.status} {answer.text}")
        return answer.content

    def about(self) -> dict[str, Any]:
        """The repository, as GitHub describes it."""
        if not self._about:
            self._about = self.done("GET", "")
        return self._about

    def replaced(self) -> dict[str, str]:
        """What answers hold that is of this repository only, by the name that replaces it."""
        about = self.about()
        return {
            "repository": str(about["name"]),
            "owner": self.owner,
            "repository-id": str(about["id"]),
            "owner-id": str(about["owner"]["id"]),
            "run": self.run,
        }

    def undo(self, what: str, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Remember the call that removes something; the newest is removed first."""
        self._undo.append((what, method, path, body))

    def undo_all(self) -> list[str]:
        """Remove what was created; returns what could not be removed, with the answer."""
        left = []
        while self._undo:
            what, method, path, body = self._undo.pop()
            answer = self.ask(method, path, body)
            if answer.status >= 300:
                left.append(f"{what}: {answer.status} {answer.text}")
        return left

    def head(self, branch: str = MAIN) -> str:
        """The newest commit of a branch."""
        return str(self.done("GET", f"/git/ref/heads/{branch}")["object"]["sha"])

    def branch(self, what: str) -> str:
        """Make a branch of main; returns its name."""
        name = self.name(what)
        self.done("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": self.head()})
        self.undo(f"branch {name}", "DELETE", f"/git/refs/heads/{name}")
        return name

    def write(self, branch: str, path: str, text: str, **members: Any) -> GitHubAnswer:
        """Commit a file to a branch."""
        content = base64.b64encode(text.encode()).decode()
        return self.ask(
            "PUT", f"/contents/{path}", {"message": f"Write {path}", "content": content, "branch": branch, **members}
        )

    def pull(self, what: str, text: str = "changed") -> dict[str, Any]:
        """Open a pull request whose branch adds a file; returns it."""
        name = self.branch(what)
        self.write(name, f"{name}.txt", text)
        return self.opened(name)

    def opened(self, branch: str) -> dict[str, Any]:
        """Open a pull request of a branch; returns it."""
        found: dict[str, Any] = self.done("POST", "/pulls", {"title": branch, "head": branch, "base": MAIN})
        return found

    def eventually(self, found: Callable[[], Any]) -> Any:
        """Return what a function finds, as soon as it is something; None if that takes too long."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            value = found()
            if value or time.monotonic() > deadline:
                return value or None
            time.sleep(0.5)


def _send(url: str, method: str, body: dict[str, Any] | None, token: str) -> GitHubAnswer:
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": VERSION,
    }
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=content, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return GitHubAnswer(status, json.loads(text) if text else None)


def new_repository(url: str, token: str, *, is_public: bool = False) -> GitHubTarget:
    """Make a throw-away repository of the token's account, with a first commit; returns it.

    Raises AssertionError with GitHub's answer if it is refused.
    """
    target = GitHubTarget(url, "", token)
    login = target.done("GET", "//user")["login"]
    name = f"{TAG}-{target.run}"
    target.done("POST", "//user/repos", {"name": name, "private": not is_public, "auto_init": True})
    target.full_name = f"{login}/{name}"
    target.eventually(lambda: target.ask("GET", f"/git/ref/heads/{MAIN}").status == 200)
    return target
