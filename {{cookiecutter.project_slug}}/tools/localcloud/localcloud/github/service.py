"""The stand-in for GitHub: what its calls share, and how a request finds its call."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localcloud.github.answers import Answer, Refused, Request
from localcloud.github.bare_repository import MAIN, BareRepository
from localcloud.github.records import Record, Records
from localcloud.github.runner import BUILT_IN_TOKEN, WORKFLOWS, Runner
from localcloud.github.workflows import Workflow, parse

Call = Callable[..., Answer]
CALLS: list[tuple[str, re.Pattern[str], Call]] = []


def call(method: str, pattern: str) -> Callable[[Call], Call]:
    """Register a call below a repository's path; `{name}` matches a segment, `{name*}` the rest."""
    expression = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", pattern)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)

    def register(function: Call) -> Call:
        CALLS.append((method, re.compile(expression), function))
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
        """Answer a call of the REST API; the path begins with /repos/owner/name."""
        if self.fault.requests > 0 and self.fault.only in request.path:
            self.fault.requests -= 1
            return Answer(self.fault.status, {"message": "a test wants this"}, self.fault.headers)
        if not self._knows(request.token):
            return Answer(401, {"message": "Bad credentials"})
        _, _, owner, name, *rest = [*request.path.split("/"), "", ""]
        self.records.set_setting("full-name", f"{owner}/{name}")
        path = "/" + "/".join(rest).rstrip("/")
        for method, expression, function in CALLS:
            found = expression.fullmatch(path)
            if found and method == request.method:
                try:
                    return function(self, request, **found.groupdict())
                except Refused as refusal:
                    return Answer(refusal.status, {"message": refusal.message})
        return Answer(501, {"message": f"localcloud does not implement {request.method} {path} of GitHub"})

    def _knows(self, token: str) -> bool:
        refused = self.records.setting("refused-tokens") or []
        return bool(token) and token not in refused

    def is_built_in(self, request: Request) -> bool:
        """Whether the token is that of a workflow's run: what it does starts no workflow."""
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
        pulls = [pull for pull in self.records.all("pull") if pull["state"] == "open" and pull["head"]["ref"] == branch]
        return [workflow.name for workflow in started] + [
            name for pull in pulls for name in self.start_pull_workflows(pull, "synchronize")
        ]

    def start_pull_workflows(self, pull: Record, action: str) -> list[str]:
        """Start what a pull request starts; returns the workflows."""
        branch = pull["head"]["ref"]
        commit = self.repository.require_head(branch)
        repository = {"full_name": self.records.setting("full-name")}
        content = {
            "number": pull["number"],
            "head": {"ref": branch, "sha": commit, "repo": repository},
            "base": {"ref": MAIN, "sha": self.repository.require_head(MAIN), "repo": repository},
        }
        payload = {"action": action, "number": pull["number"], "pull_request": content, **self.about()}
        started = [workflow for workflow in self.workflows(commit) if workflow.starts_on_pull_request()]
        for workflow in started:
            self.runner.queue(workflow.name, "pull_request", branch, commit, payload)
        return [workflow.name for workflow in started]

    def about(self) -> dict[str, Any]:
        """What every event says of the repository."""
        owner, _, name = (self.records.setting("full-name") or "localcloud/project").partition("/")
        repository = {"name": name, "full_name": f"{owner}/{name}", "owner": {"login": owner}, "default_branch": MAIN}
        return {"repository": repository, "sender": {"login": "localcloud"}}

    def moved(self, request: Request, branch: str, before: str, after: str) -> None:
        """A call has moved a branch; with the built-in token that starts nothing."""
        if before != after and not self.is_built_in(request):
            self.pushed(branch, before, after)
