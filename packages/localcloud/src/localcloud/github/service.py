"""Stand-in for GitHub: state that the calls share, and routing of requests to calls."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localcloud.github.answers import Answer, Refused, Request
from localcloud.github.bare_repository import MAIN, BareRepository
from localcloud.github.identities import BUILT_IN_TOKEN, Identities
from localcloud.github.records import Record, Records
from localcloud.github.runner import WORKFLOWS, Runner
from localcloud.github.workflows import Workflow, parse

Call = Callable[..., Answer]
Calls = list[tuple[str, re.Pattern[str], Call]]
CALLS: Calls = []
ROOT_CALLS: Calls = []


def call(method: str, pattern: str) -> Callable[[Call], Call]:
    """Return a decorator that registers a call below a repository's path.

    In a pattern, `{name}` matches a segment and `{name*}` the rest of the path.
    """
    return _registering(CALLS, method, pattern)


def root_call(method: str, pattern: str) -> Callable[[Call], Call]:
    """Return a decorator that registers a call that belongs to no repository, such as /user."""
    return _registering(ROOT_CALLS, method, pattern)


def _registering(calls: Calls, method: str, pattern: str) -> Callable[[Call], Call]:
    expression = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", pattern)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)

    def register(function: Call) -> Call:
        calls.append((method, re.compile(expression), function))
        return function

    return register


@dataclass
class Fault:
    """Error response to the next requests, with which tests simulate an outage of GitHub."""

    status: int = 0
    requests: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    only: str = ""


@dataclass
class GitHub:
    """A stand-in for GitHub."""

    url: str
    repository: BareRepository
    records: Records
    runner: Runner
    fault: Fault = field(default_factory=Fault)

    def answer(self, request: Request) -> Answer:
        """Answer a request of the REST API.

        The path begins with /repos/OWNER/NAME, or is that of a call that belongs to no repository.
        """
        if self.fault.requests > 0 and self.fault.only in request.path:
            self.fault.requests -= 1
            return Answer(self.fault.status, {"message": "a test wants this"}, self.fault.headers)
        if not self.identities.knows(request.token):
            return Answer(401, {"message": "Bad credentials"})
        try:
            if not request.path.startswith("/repos/"):
                return self._answer(ROOT_CALLS, request, request.path)
            _, _, owner, name, *rest = [*request.path.split("/"), "", ""]
            self.records.set_setting("full-name", f"{owner}/{name}")
            path = "/" + "/".join(rest).rstrip("/")
            self.identities.check_permission(request, path)
            return self._answer(CALLS, request, path)
        except Refused as refusal:
            return Answer(refusal.status, {"message": refusal.message})

    def _answer(self, calls: Calls, request: Request, path: str) -> Answer:
        for method, expression, function in calls:
            found = expression.fullmatch(path)
            if found and method == request.method:
                return function(self, request, **found.groupdict())
        return Answer(501, {"message": f"localcloud does not implement {request.method} {path} of GitHub"})

    @property
    def identities(self) -> Identities:
        """Accounts and permissions of tokens."""
        return Identities(self.records)

    def is_built_in(self, request: Request) -> bool:
        """Return True if a request has the built-in token of a run. Its changes start no workflows."""
        return request.token.startswith(BUILT_IN_TOKEN)

    def page(self, *parts: object) -> str:
        """Return the URL of a page, such as that of a run or a pull request."""
        name = self.records.setting("full-name") or "localcloud/project"
        return "/".join([self.url, name, *map(str, parts)])

    def workflows(self, commit: str) -> list[Workflow]:
        """Return the workflows of a commit. Files that are not valid are left out."""
        found = []
        for path in self.repository.files(WORKFLOWS, commit):
            content = self.repository.read(path, commit)
            if content and path.endswith((".yml", ".yaml")):
                try:
                    found.append(Workflow(path.rsplit("/", 1)[-1], parse(content[1].decode())))
                except Refused:
                    continue
        return found

    def pushed(self, branch: str, before: str, after: str) -> list[str]:
        """Start the workflows that a push to a branch triggers, and return their names."""
        changed = self.repository.changed_files(before, after)
        payload = {"ref": f"refs/heads/{branch}", "before": before, "after": after, **self.about()}
        started = [workflow for workflow in self.workflows(after) if workflow.starts_on_push(branch, changed)]
        for workflow in started:
            self.runner.queue(workflow.name, "push", branch, after, payload)
        return [workflow.name for workflow in started] + self._update_pulls(branch, after, waits=False)

    def _update_pulls(self, branch: str, commit: str, *, waits: bool) -> list[str]:
        """Update the open pull requests of a branch to its new commit, and return the workflows that this starts."""
        full_name, started = self.records.setting("full-name"), []
        for pull in self.records.all("pull"):
            head = pull["head"]
            if pull["state"] == "open" and head["ref"] == branch and head["repo"]["full_name"] == full_name:
                changed = self.records.change("pull", pull["number"], head={**head, "sha": commit})
                started += self.start_pull_workflows(changed, "synchronize", waits=waits)
        return started

    def start_pull_workflows(self, pull: Record, action: str, *, waits: bool = False) -> list[str]:
        """Start the workflows of a pull request, or record that they wait for approval; return their names."""
        branch, commit = pull["head"]["ref"], pull["head"]["sha"]
        repository = {"full_name": self.records.setting("full-name")}
        content = {
            "number": pull["number"],
            "user": pull["user"],
            "head": pull["head"],
            "base": {"ref": MAIN, "sha": self.repository.require_head(MAIN), "repo": repository},
        }
        payload = {"action": action, "number": pull["number"], "pull_request": content, **self.about()}
        started = [workflow for workflow in self.workflows(commit) if workflow.starts_on_pull_request()]
        for workflow in started:
            self.runner.queue(workflow.name, "pull_request", branch, commit, payload, waits=waits)
        return [workflow.name for workflow in started]

    def checks_passed(self, commit: str) -> bool:
        """Return True if all pull request runs at a commit have succeeded. Dispatched runs do not count."""
        runs = [run for run in self.records.all("run") if run["head_sha"] == commit and run["event"] == "pull_request"]
        newest: dict[str, Any] = {}
        for run in runs:
            newest.setdefault(run["workflow"], run["conclusion"])
        return bool(newest) and all(conclusion == "success" for conclusion in newest.values())

    def about(self) -> dict[str, Any]:
        """Return the members that all event payloads have: repository and sender."""
        owner, _, name = (self.records.setting("full-name") or "localcloud/project").partition("/")
        repository = {"name": name, "full_name": f"{owner}/{name}", "owner": {"login": owner}, "default_branch": MAIN}
        return {"repository": repository, "sender": {"login": "localcloud"}}

    def moved(self, request: Request, branch: str, before: str, after: str) -> None:
        """Start the workflows that follow from a change of a branch by an API call.

        With the built-in token no push workflows start, and the runs of pull requests wait for approval.
        """
        if before == after:
            return
        if self.is_built_in(request):
            self._update_pulls(branch, after, waits=True)
        else:
            self.pushed(branch, before, after)
