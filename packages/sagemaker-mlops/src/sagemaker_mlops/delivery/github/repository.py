"""Operations on a GitHub repository: files, pull requests, issues, workflows and deployments."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

from sagemaker_mlops.delivery.github.client import BUILT_IN_LOGIN, GitHubClient, GitHubError

MAIN = "main"
SUPERSEDED = " (superseded)"
UNPROCESSABLE = 422
CANNOT_MERGE = (403, 405, 409, 422)
LONGEST_DESCRIPTION = 140
DeploymentState = Literal["in_progress", "success", "failure", "error"]


@dataclass(frozen=True)
class Pull:
    """A pull request; `head_repository` is empty if the repository of its branch was deleted."""

    number: int
    url: str
    branch: str
    is_open: bool
    is_merged: bool
    title: str
    author: str = ""
    head_repository: str = ""

    @property
    def is_superseded(self) -> bool:
        """True if it was closed because a newer one replaced it, and not by a decision against it."""
        return not self.is_open and not self.is_merged and self.title.endswith(SUPERSEDED)


@dataclass(frozen=True)
class Issue:
    """An issue."""

    number: int
    url: str
    title: str
    body: str


@dataclass(frozen=True)
class Comparison:
    """Changes of a branch since a commit; `is_ahead` is true if the branch contains the commit."""

    is_ahead: bool
    merge_base: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class StoredFile:
    """A file of a branch; `sha` is its blob SHA, which GitHub requires for an update of the file."""

    text: str
    sha: str


class Repository:
    """A repository on GitHub.

    In a public repository, anyone can open issues and pull requests and comment on them. The commands find theirs again
    by branch name or by a marker in the text, so they consider only those of the token's account or of the workflows'
    account ("own" pull requests, issues and comments).
    """

    def __init__(self, client: GitHubClient, delivery_login: str = BUILT_IN_LOGIN) -> None:
        self._client = client
        self._delivery_login = delivery_login

    @cached_property
    def _own_logins(self) -> frozenset[str]:
        return frozenset({self._client.own_login(), self._delivery_login} - {""})

    def _is_own(self, pull: Pull) -> bool:
        full_name = f"{self._client.owner}/{self._client.repository}"
        return pull.author in self._own_logins and pull.head_repository.lower() == full_name.lower()

    def file(self, path: str, branch: str = MAIN) -> StoredFile | None:
        """Return a file of a branch or commit, or None if it does not exist."""
        found = self._client.find(f"/contents/{quote(path)}?ref={quote(branch, safe='')}")
        return StoredFile(base64.b64decode(found["content"]).decode(), found["sha"]) if found else None

    def head(self, branch: str = MAIN) -> str | None:
        """Return the SHA of the newest commit of a branch, or None if the branch does not exist."""
        found = self._client.find(f"/git/ref/heads/{quote(branch)}")
        return str(found["object"]["sha"]) if found else None

    def compare(self, commit: str, branch: str = MAIN) -> Comparison:
        """Return the changes of a branch since a commit or since another branch."""
        found = self._client.request("GET", f"/compare/{quote(commit, safe='')}...{quote(branch, safe='')}")
        files = tuple(str(one["filename"]) for one in found["files"])
        return Comparison(found["status"] in ("identical", "ahead"), found["merge_base_commit"]["sha"], files)

    def put_branch(self, branch: str, path: str, text: str, message: str) -> str:
        """Reset a branch to main with one changed file, and return the SHA of its newest commit.

        A branch that already has exactly this content is not changed, so that the checks of its commit stay valid.
        Otherwise the commit is created on a temporary branch first, because GitHub closes a pull request as soon as its
        branch has no commits beyond main.

        Args:
            branch: Branch to reset.
            path: Path of the file in the repository.
            text: New content of the file.
            message: Commit message.
        """
        present_head = self.head(branch)
        if present_head and self._changes_only(present_head, path, text):
            return present_head
        beside = f"{branch}-next"
        self._point(beside, str(self.head()))
        present = self.file(path, beside)
        body = {"message": message, "content": base64.b64encode(text.encode()).decode(), "branch": beside}
        self._client.request("PUT", f"/contents/{quote(path)}", body | ({"sha": present.sha} if present else {}))
        made = str(self.head(beside))
        self._point(branch, made)
        self._client.request("DELETE", f"/git/refs/heads/{quote(beside)}")
        return made

    def _changes_only(self, commit: str, path: str, text: str) -> bool:
        """Return True if a commit is the current main with only one file changed to the given text."""
        comparison = self.compare(MAIN, commit)
        is_up_to_date = comparison.merge_base == self.head()
        stored = self.file(path, commit) if is_up_to_date and comparison.files == (path,) else None
        return stored is not None and stored.text == text

    def _point(self, branch: str, commit: str) -> None:
        if self.head(branch) is None:
            self._client.request("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
        else:
            self._client.request("PATCH", f"/git/refs/heads/{quote(branch)}", {"sha": commit, "force": True})

    def pulls(self, branch: str = "", *, state: str = "all") -> list[Pull]:
        """Return the own pull requests into main, newest first; of one branch, if it is given."""
        return [pull for pull in self._all_pulls(branch, state) if self._is_own(pull)]

    def _all_pulls(self, branch: str, state: str) -> list[Pull]:
        head = f"&head={quote(f'{self._client.owner}:{branch}', safe='')}" if branch else ""
        found = self._client.pages(f"/pulls?state={state}&base={MAIN}&sort=created&direction=desc{head}")
        return [_pull(one) for one in found]

    def close_requests_of_others(self, branch: str) -> list[Pull]:
        """Close and return the pull requests that others opened from a branch that only the commands write."""
        others = [pull for pull in self._all_pulls(branch, "open") if not self._is_own(pull)]
        for pull in others:
            reason = f"The branch `{branch}` is written by the delivery workflows, which open their own request for it."
            self.close_pull(pull, reason)
        return others

    def open_pull(self, branch: str, title: str, body: str) -> Pull:
        """Open a pull request into main, or return the own open one of the branch."""
        content = {"title": title, "head": branch, "base": MAIN, "body": body}
        try:
            return _pull(self._client.request("POST", "/pulls", content))
        except GitHubError as error:
            found = self.pulls(branch, state="open") if error.status == UNPROCESSABLE else []
            if not found:
                raise
            return found[0]  # an earlier attempt created it, but its response was lost

    def close_pull(self, pull: Pull, reason: str) -> None:
        """Close a pull request without merging it, with the reason as a comment."""
        self.comment(pull.number, reason)
        self._client.request("PATCH", f"/pulls/{pull.number}", {"state": "closed"})

    def supersede_pull(self, pull: Pull, reason: str) -> None:
        """Close a pull request because a newer one replaces it, and mark its title as superseded."""
        self.comment(pull.number, reason)
        body = {"state": "closed", "title": f"{pull.title}{SUPERSEDED}"}
        self._client.request("PATCH", f"/pulls/{pull.number}", body)

    def merge(self, pull: Pull, commit: str) -> str:
        """Merge a pull request if its newest commit is the given one.

        Returns:
            An empty string, or the reason why GitHub refused the merge.

        Source: https://docs.github.com/rest/pulls/pulls#merge-a-pull-request (sha; 409 if the head has changed)
        """
        try:
            self._client.request("PUT", f"/pulls/{pull.number}/merge", {"merge_method": "squash", "sha": commit})
        except GitHubError as error:
            if error.status not in CANNOT_MERGE:
                raise
            return str(error)
        return ""

    def open_issues(self) -> list[Issue]:
        """Return the own open issues, without the pull requests that GitHub lists among them."""
        found = [one for one in self._client.pages("/issues?state=open") if "pull_request" not in one]
        return [_issue(one) for one in found if _author(one) in self._own_logins]

    def put_issue(self, marker: str, title: str, body: str) -> Issue:
        """Open an issue, or update the open one that has the marker in its body."""
        found = next((issue for issue in self.open_issues() if marker in issue.body), None)
        if found is None:
            return _issue(self._client.request("POST", "/issues", {"title": title, "body": body}))
        self._client.request("PATCH", f"/issues/{found.number}", {"title": title, "body": body})
        return found

    def close_issue(self, issue: Issue) -> None:
        """Close an issue."""
        self._client.request("PATCH", f"/issues/{issue.number}", {"state": "closed"})

    def comments(self, number: int) -> list[tuple[int, str]]:
        """Return the ids and texts of the own comments on an issue or a pull request."""
        found = self._client.pages(f"/issues/{number}/comments")
        return [(one["id"], one["body"] or "") for one in found if _author(one) in self._own_logins]

    def comment(self, number: int, text: str) -> None:
        """Comment on an issue or a pull request."""
        self._client.request("POST", f"/issues/{number}/comments", {"body": text})

    def update_comment(self, comment_id: int, text: str) -> None:
        """Replace the text of a comment."""
        self._client.request("PATCH", f"/issues/comments/{comment_id}", {"body": text})

    def start_workflow(self, workflow: str, inputs: Mapping[str, str] | None = None, branch: str = MAIN) -> None:
        """Start a workflow on a branch, such as release.yml, with its inputs."""
        path = f"/actions/workflows/{workflow}/dispatches"
        self._client.request("POST", path, {"ref": branch, "inputs": dict(inputs or {})})

    def is_under_way(self, workflow: str, about: str = "") -> bool:
        """Return True if a workflow run whose title contains `about` is queued or in progress."""
        found = self._client.request("GET", f"/actions/workflows/{workflow}/runs?per_page=50")["workflow_runs"]
        return any(run["status"] != "completed" and about in run["display_title"] for run in found)

    def start_deployment(self, environment: str, commit: str, description: str) -> int:
        """Create a deployment of a commit to an environment, and return its id."""
        body = {
            "ref": commit,
            "environment": environment,
            "task": "release",
            "description": description[:LONGEST_DESCRIPTION],
            "auto_merge": False,
            "required_contexts": [],
        }
        return int(self._client.request("POST", "/deployments", body)["id"])

    def set_deployment_state(self, deployment_id: int, state: DeploymentState, description: str) -> None:
        """Set the status of a deployment."""
        body = {"state": state, "description": description[:LONGEST_DESCRIPTION]}
        self._client.request("POST", f"/deployments/{deployment_id}/statuses", body)


def _pull(found: Mapping[str, Any]) -> Pull:
    is_open, is_merged = found["state"] == "open", bool(found.get("merged_at"))
    head = found["head"]
    return Pull(
        found["number"],
        found["html_url"],
        head["ref"],
        is_open,
        is_merged,
        found["title"],
        _author(found),
        str((head.get("repo") or {}).get("full_name", "")),
    )


def _author(found: Mapping[str, Any]) -> str:
    """Return the login of the author; empty if the account was deleted."""
    return str((found.get("user") or {}).get("login", ""))


def _issue(found: Mapping[str, Any]) -> Issue:
    return Issue(found["number"], found["html_url"], found["title"], found.get("body") or "")
