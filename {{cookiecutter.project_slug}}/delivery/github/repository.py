"""What the commands do with a GitHub repository: files, pull requests, issues, workflows, deployments."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from delivery.github.client import GitHubClient, GitHubError

MAIN = "main"
SUPERSEDED = " (superseded)"
UNPROCESSABLE = 422
CANNOT_MERGE = (403, 405, 409, 422)
LONGEST_DESCRIPTION = 140
DeploymentState = Literal["in_progress", "success", "failure", "error"]


@dataclass(frozen=True)
class Pull:
    """A pull request."""

    number: int
    url: str
    branch: str
    is_open: bool
    is_merged: bool
    title: str

    @property
    def is_superseded(self) -> bool:
        """Whether it was closed for a newer one, and not because somebody decided against it."""
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
    """What a branch has that a commit has not; `is_ahead`: the commit is one of the branch's own."""

    is_ahead: bool
    merge_base: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class StoredFile:
    """A file of a branch; `sha` is what GitHub wants to see before it is changed."""

    text: str
    sha: str


class Repository:
    """One repository on GitHub."""

    def __init__(self, client: GitHubClient) -> None:
        self._client = client

    def file(self, path: str, branch: str = MAIN) -> StoredFile | None:
        """A file as a branch has it now; None if it has none."""
        found = self._client.find(f"/contents/{quote(path)}?ref={quote(branch, safe='')}")
        return StoredFile(base64.b64decode(found["content"]).decode(), found["sha"]) if found else None

    def head(self, branch: str = MAIN) -> str | None:
        """The newest commit of a branch; None if there is no such branch."""
        found = self._client.find(f"/git/ref/heads/{quote(branch)}")
        return str(found["object"]["sha"]) if found else None

    def compare(self, commit: str, branch: str = MAIN) -> Comparison:
        """Compare a commit, or a branch, with a branch."""
        found = self._client.request("GET", f"/compare/{quote(commit, safe='')}...{quote(branch, safe='')}")
        files = tuple(str(one["filename"]) for one in found["files"])
        return Comparison(found["status"] in ("identical", "ahead"), found["merge_base_commit"]["sha"], files)

    def put_branch(self, branch: str, path: str, text: str, message: str) -> None:
        """Let a branch be main with one file changed, whether or not it exists.

        The commit is made beside it first: GitHub closes a request whose branch has no commits of its own.
        """
        beside = f"{branch}-next"
        self._point(beside, str(self.head()))
        present = self.file(path, beside)
        body = {"message": message, "content": base64.b64encode(text.encode()).decode(), "branch": beside}
        self._client.request("PUT", f"/contents/{quote(path)}", body | ({"sha": present.sha} if present else {}))
        self._point(branch, str(self.head(beside)))
        self._client.request("DELETE", f"/git/refs/heads/{quote(beside)}")

    def _point(self, branch: str, commit: str) -> None:
        if self.head(branch) is None:
            self._client.request("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": commit})
        else:
            self._client.request("PATCH", f"/git/refs/heads/{quote(branch)}", {"sha": commit, "force": True})

    def pulls(self, branch: str = "", *, state: str = "all") -> list[Pull]:
        """Pull requests into main, newest first: of a branch, or of all of them."""
        head = f"&head={quote(f'{self._client.owner}:{branch}', safe='')}" if branch else ""
        found = self._client.pages(f"/pulls?state={state}&base={MAIN}&sort=created&direction=desc{head}")
        return [_pull(one) for one in found]

    def open_pull(self, branch: str, title: str, body: str) -> Pull:
        """Open a pull request into main."""
        content = {"title": title, "head": branch, "base": MAIN, "body": body}
        try:
            return _pull(self._client.request("POST", "/pulls", content))
        except GitHubError as error:
            found = self.pulls(branch, state="open") if error.status == UNPROCESSABLE else []
            if not found:
                raise
            return found[0]  # an answer that was lost: the request was made all the same

    def close_pull(self, pull: Pull, reason: str) -> None:
        """Close a pull request without merging it, and say why."""
        self.comment(pull.number, reason)
        self._client.request("PATCH", f"/pulls/{pull.number}", {"state": "closed"})

    def supersede_pull(self, pull: Pull, reason: str) -> None:
        """Close a pull request for a newer one; it may be opened again without anybody's decision."""
        self.comment(pull.number, reason)
        body = {"state": "closed", "title": f"{pull.title}{SUPERSEDED}"}
        self._client.request("PATCH", f"/pulls/{pull.number}", body)

    def merge(self, pull: Pull) -> str:
        """Merge a pull request; returns an empty text, or why GitHub does not let us."""
        try:
            self._client.request("PUT", f"/pulls/{pull.number}/merge", {"merge_method": "squash"})
        except GitHubError as error:
            if error.status not in CANNOT_MERGE:
                raise
            return str(error)
        return ""

    def open_issues(self) -> list[Issue]:
        """Every open issue; pull requests, which GitHub lists with them, are left out."""
        return [_issue(found) for found in self._client.pages("/issues?state=open") if "pull_request" not in found]

    def put_issue(self, marker: str, title: str, body: str) -> Issue:
        """Open the issue that has a marker in its body, or write it again if it is open already."""
        found = next((issue for issue in self.open_issues() if marker in issue.body), None)
        if found is None:
            return _issue(self._client.request("POST", "/issues", {"title": title, "body": body}))
        self._client.request("PATCH", f"/issues/{found.number}", {"title": title, "body": body})
        return found

    def close_issue(self, issue: Issue) -> None:
        """Close an issue."""
        self._client.request("PATCH", f"/issues/{issue.number}", {"state": "closed"})

    def comments(self, number: int) -> list[tuple[int, str]]:
        """Ids and texts of the comments of an issue or a pull request."""
        return [(found["id"], found["body"]) for found in self._client.pages(f"/issues/{number}/comments")]

    def comment(self, number: int, text: str) -> None:
        """Comment on an issue or a pull request."""
        self._client.request("POST", f"/issues/{number}/comments", {"body": text})

    def update_comment(self, comment_id: int, text: str) -> None:
        """Write a comment again."""
        self._client.request("PATCH", f"/issues/comments/{comment_id}", {"body": text})

    def start_workflow(self, workflow: str, inputs: Mapping[str, str] | None = None, branch: str = MAIN) -> None:
        """Start a workflow."""
        path = f"/actions/workflows/{workflow}/dispatches"
        self._client.request("POST", path, {"ref": branch, "inputs": dict(inputs or {})})

    def is_under_way(self, workflow: str, about: str = "") -> bool:
        """Whether a run of a workflow waits or runs; `about`: one whose name says so."""
        found = self._client.request("GET", f"/actions/workflows/{workflow}/runs?per_page=50")["workflow_runs"]
        return any(run["status"] != "completed" and about in run["display_title"] for run in found)

    def start_deployment(self, environment: str, commit: str, description: str) -> int:
        """Tell GitHub that a commit is being deployed; returns the deployment's id."""
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
        """Tell GitHub how a deployment goes."""
        body = {"state": state, "description": description[:LONGEST_DESCRIPTION]}
        self._client.request("POST", f"/deployments/{deployment_id}/statuses", body)


def _pull(found: Mapping[str, Any]) -> Pull:
    is_open, is_merged = found["state"] == "open", bool(found.get("merged_at"))
    return Pull(found["number"], found["html_url"], found["head"]["ref"], is_open, is_merged, found["title"])


def _issue(found: Mapping[str, Any]) -> Issue:
    return Issue(found["number"], found["html_url"], found["title"], found.get("body") or "")
