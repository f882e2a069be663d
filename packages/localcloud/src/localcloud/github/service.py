"""The stand-in for GitHub: what its calls share, and how a request finds its call."""

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
    """Register a call below a repository's path; `{name}` matches a segment, `{name*}` the rest."""
    return _registering(CALLS, method, pattern)


def root_call(method: str, pattern: str) -> Callable[[Call], Call]:
    """Register a call that belongs to no repository, such as /user."""
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
    """What the next requests are answered with, so that a test can let GitHub be down."""

    status: int = 0
    requests: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    only: str = ""


@dataclass
class GitHub:
    """One stand-in."""

    url: str
    repository: BareRepository
    records: Records
    runner: Runner
    fault: Fault = field(default_factory=Fault)

    def answer(self, request: Request) -> Answer:
        """Answer a call of the REST API; the path begins with /repos/owner/name, or belongs to no repository."""
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
        """Return the accounts behind tokens, and what they may do."""
        return Identities(self.records)

    def is_built_in(self, request: Request) -> bool:
        """Whether the token is that of a workflow's run: what it does starts no workflow by itself."""
        return request.token.startswith(BUILT_IN_TOKEN)

    def page(self, *parts: object) -> str:
        """Address of a page for people."""
        name = self.records.setting("full-name") or "localcloud/project"
        return "/".join([self.url, name, *map(str, parts)])

    def workflows(self, commit: str) -> list[Workflow]:
        """Every workflow of a commit; one that is not YAML is no reason to start none."""
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
        """A branch has moved: start what a push starts; returns the workflows."""
        changed = self.repository.changed_files(before, after)
        payload = {"ref": f"refs/heads/{branch}", "before": before, "after": after, **self.about()}
        started = [workflow for workflow in self.workflows(after) if workflow.starts_on_push(branch, changed)]
        for workflow in started:
            self.runner.queue(workflow.name, "push", branch, after, payload)
        return [workflow.name for workflow in started] + self._update_pulls(branch, after, waits=False)

    def _update_pulls(self, branch: str, commit: str, *, waits: bool) -> list[str]:
        """Let open pull requests of a branch have its new commit; returns the workflows that are started for it."""
        full_name, started = self.records.setting("full-name"), []
        for pull in self.records.all("pull"):
            head = pull["head"]
            if pull["state"] == "open" and head["ref"] == branch and head["repo"]["full_name"] == full_name:
                changed = self.records.change("pull", pull["number"], head={**head, "sha": commit})
                started += self.start_pull_workflows(changed, "synchronize", waits=waits)
        return started

    def start_pull_workflows(self, pull: Record, action: str, *, waits: bool = False) -> list[str]:
        """Start what a pull request starts, or let it wait until a person approves it; returns the workflows."""
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
        """Return whether a request's own runs at a commit are green; those of a dispatch never count."""
        runs = [run for run in self.records.all("run") if run["head_sha"] == commit and run["event"] == "pull_request"]
        newest: dict[str, Any] = {}
        for run in runs:
            newest.setdefault(run["workflow"], run["conclusion"])
        return bool(newest) and all(conclusion == "success" for conclusion in newest.values())

    def about(self) -> dict[str, Any]:
        """What every event says of the repository."""
        owner, _, name = (self.records.setting("full-name") or "localcloud/project").partition("/")
        repository = {"name": name, "full_name": f"{owner}/{name}", "owner": {"login": owner}, "default_branch": MAIN}
        return {"repository": repository, "sender": {"login": "localcloud"}}

    def moved(self, request: Request, branch: str, before: str, after: str) -> None:
        """A call has moved a branch; with the built-in token that starts no push, and a request's run waits."""
        if before == after:
            return
        if self.is_built_in(request):
            self._update_pulls(branch, after, waits=True)
        else:
            self.pushed(branch, before, after)
