"""A repository on GitHub, in memory."""

from dataclasses import replace
from typing import cast

from sagemaker_mlops.delivery.github.repository import SUPERSEDED, Comparison, Issue, Pull, Repository, StoredFile


class FakeRepository:
    """What `Repository` does, without GitHub."""

    def __init__(self) -> None:
        self.branches: dict[str, dict[str, str]] = {"main": {}}
        self.requests: list[Pull] = []
        self.issues: list[Issue] = []
        self.said: list[tuple[int, str]] = []
        self.workflows: list[str] = []
        self.states: list[str] = []
        self.refusal = ""
        self.under_way: set[str] = set()

    @property
    def as_repository(self) -> Repository:
        """For functions that want the real one."""
        return cast(Repository, self)

    def file(self, path: str, branch: str = "main") -> StoredFile | None:
        text = self.branches[branch].get(path)
        return None if text is None else StoredFile(text, "sha")

    def put_branch(self, branch: str, path: str, text: str, _message: str) -> str:
        self.branches[branch] = {**self.branches["main"], path: text}
        self.branches[f"base of {branch}"] = dict(self.branches["main"])
        return f"commit of {branch}"

    def close_requests_of_others(self, _branch: str) -> list[Pull]:
        return []

    def compare(self, commit: str, _branch: str = "main") -> Comparison:
        return Comparison(True, f"base of {commit}", ())

    def pulls(self, branch: str = "", *, state: str = "all") -> list[Pull]:
        found = [pull for pull in reversed(self.requests) if branch in ("", pull.branch)]
        return [pull for pull in found if state == "all" or pull.is_open]

    def open_pull(self, branch: str, title: str, body: str) -> Pull:
        found = self.pulls(branch, state="open")
        if found:
            return found[0]
        number = len(self.requests) + 1
        pull = Pull(number, f"https://github.com/o/r/pull/{number}", branch, True, False, title)
        self.requests.append(pull)
        self.said.append((number, body))
        return pull

    def _change(self, pull: Pull, *, merged: bool) -> None:
        self.requests[pull.number - 1] = Pull(pull.number, pull.url, pull.branch, False, merged, pull.title)

    def close_pull(self, pull: Pull, reason: str) -> None:
        self.said.append((pull.number, reason))
        self._change(pull, merged=False)

    def supersede_pull(self, pull: Pull, reason: str) -> None:
        self.close_pull(pull, reason)
        self.requests[pull.number - 1] = replace(self.requests[pull.number - 1], title=f"{pull.title}{SUPERSEDED}")

    def merge(self, pull: Pull, commit: str) -> str:
        assert commit == f"commit of {pull.branch}"
        if not self.refusal:
            self.branches["main"] |= self.branches[pull.branch]
            self._change(pull, merged=True)
        return self.refusal

    def start_workflow(self, workflow: str, inputs: dict[str, str] | None = None, branch: str = "main") -> None:
        self.workflows.append(f"{workflow} on {branch}" if branch != "main" else workflow)

    def is_under_way(self, workflow: str, about: str = "") -> bool:
        return f"{workflow} {about}".strip() in self.under_way

    def open_issues(self) -> list[Issue]:
        return self.issues

    def put_issue(self, marker: str, title: str, body: str) -> Issue:
        self.issues = [issue for issue in self.issues if marker not in issue.body]
        issue = Issue(40, "https://github.com/o/r/issues/40", title, body)
        self.issues.append(issue)
        return issue

    def close_issue(self, issue: Issue) -> None:
        self.issues.remove(issue)

    def comment(self, number: int, text: str) -> None:
        self.said.append((number, text))

    def comments(self, number: int) -> list[tuple[int, str]]:
        return [(position, text) for position, (of, text) in enumerate(self.said) if of == number]

    def update_comment(self, comment_id: int, text: str) -> None:
        self.said[comment_id] = (self.said[comment_id][0], text)

    def set_deployment_state(self, _deployment_id: int, state: str, _description: str) -> None:
        self.states.append(state)
