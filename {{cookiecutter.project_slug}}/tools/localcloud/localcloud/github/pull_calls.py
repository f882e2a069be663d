"""Pull requests."""

from typing import Any

from localcloud.github.answers import Answer, Refused, Request, not_found
from localcloud.github.bare_repository import MAIN
from localcloud.github.records import Record, now
from localcloud.github.service import GitHub, call


def _pull(github: GitHub, number: str) -> Record:
    found = github.records.get("pull", int(number))
    if found is None:
        raise not_found(f"pull request {number}")
    return found


@call("GET", "/pulls")
def list_pulls(github: GitHub, request: Request) -> Answer:
    """Pull requests, newest first."""
    state, head = request.query.get("state", "open"), request.query.get("head", "").partition(":")[2]
    found = [
        pull
        for pull in github.records.all("pull")
        if state in ("all", pull["state"]) and head in ("", pull["head"]["ref"])
    ]
    size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
    return Answer(200, found[size * (page - 1) : size * page])


@call("POST", "/pulls")
def open_pull(github: GitHub, request: Request) -> Answer:
    """Open a pull request into main; a workflow's own token may only where the repository says so."""
    rights = github.records.setting("workflow-rights") or {}
    if github.is_built_in(request) and not rights.get("can_approve_pull_request_reviews"):
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    branch = request.body["head"]
    commit = github.repository.require_head(branch)
    if any(pull["head"]["ref"] == branch and pull["state"] == "open" for pull in github.records.all("pull")):
        raise Refused(422, f"A pull request already exists for {branch}")
    if not github.repository.changed_files(github.repository.require_head(MAIN), commit):
        raise Refused(422, f"No commits between {MAIN} and {branch}")
    content: dict[str, Any] = {name: request.body.get(name, "") for name in ("title", "body")}
    head, base = {"ref": branch, "sha": commit}, {"ref": MAIN}
    pull = github.records.add(
        "pull", {**content, "state": "open", "merged_at": None, "head": head, "base": base}, "conversation"
    )
    pull = github.records.change("pull", pull["number"], html_url=github.page("pull", pull["number"]))
    if not github.is_built_in(request):
        github.start_pull_workflows(pull, "opened")
    return Answer(201, pull)


@call("PATCH", "/pulls/{number}")
def change_pull(github: GitHub, request: Request, number: str) -> Answer:
    """Change title, body or state."""
    _pull(github, number)
    return Answer(200, github.records.change("pull", int(number), **request.body))


@call("PUT", "/pulls/{number}/merge")
def merge_pull(github: GitHub, request: Request, number: str) -> Answer:
    """Merge a pull request as one commit."""
    pull = _pull(github, number)
    if pull["state"] != "open":
        raise Refused(405, "Pull Request is not mergeable")
    if github.records.setting(f"protection:{MAIN}") and github.is_built_in(request):
        raise Refused(405, "At least 1 approving review is required by reviewers with write access.")
    before = github.repository.require_head(MAIN)
    commit = github.repository.merge(pull["head"]["ref"], f"{pull['title']} (#{number})")
    github.records.change("pull", int(number), state="closed", merged_at=now())
    github.moved(request, MAIN, before, commit)
    return Answer(200, {"merged": True, "sha": commit})
