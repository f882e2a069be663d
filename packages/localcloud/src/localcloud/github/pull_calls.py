"""REST API calls for pull requests."""

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
    """List pull requests, newest first."""
    state, head = request.query.get("state", "open"), request.query.get("head", "")
    found = [
        pull
        for pull in github.records.all("pull")
        if state in ("all", pull["state"]) and head in ("", pull["head"]["label"])
    ]
    size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
    return Answer(200, found[size * (page - 1) : size * page])


@call("POST", "/pulls")
def open_pull(github: GitHub, request: Request) -> Answer:
    """Open a pull request into main.

    The built-in token of a workflow may do so only if the repository allows it.
    """
    rights = github.records.setting("workflow-rights") or {}
    if github.is_built_in(request) and not rights.get("can_approve_pull_request_reviews"):
        raise Refused(403, "GitHub Actions is not permitted to create or approve pull requests.")
    head, base = _head(github, request.body["head"]), {"ref": MAIN}
    if any(pull["head"]["label"] == head["label"] and pull["state"] == "open" for pull in github.records.all("pull")):
        raise Refused(422, f"A pull request already exists for {head['label']}.")
    if not github.repository.changed_files(github.repository.require_head(MAIN), head["sha"]):
        raise Refused(422, f"No commits between {MAIN} and {head['ref']}")
    content: dict[str, Any] = {name: request.body.get(name, "") for name in ("title", "body")}
    content |= {"state": "open", "merged_at": None, "head": head, "base": base}
    pull = github.records.add("pull", {**content, "user": github.identities.user(request.token)}, "conversation")
    pull = github.records.change("pull", pull["number"], html_url=github.page("pull", pull["number"]))
    github.start_pull_workflows(pull, "opened", waits=_waits(github, request, head))
    return Answer(201, pull)


def _head(github: GitHub, name: str) -> Record:
    """Return the head of a pull request from its name: `branch`, or `owner:branch` for a branch of a fork."""
    owner, separator, branch = name.rpartition(":")
    own_owner, _, repository = (github.records.setting("full-name") or "localcloud/project").partition("/")
    if not separator or owner == own_owner:
        owner, commit = own_owner, github.repository.require_head(branch)
    else:
        commit = github.repository.require_fork_head(owner, branch)
    repo = {"full_name": f"{owner}/{repository}"}
    return {"ref": branch, "sha": commit, "label": f"{owner}:{branch}", "repo": repo}


def _waits(github: GitHub, request: Request, head: Record) -> bool:
    """Return True if the runs of a pull request need approval.

    They do if it was opened with the built-in token, or from a fork. Sources: GitHub's changelog of 2026-06-11
    (requests created by github-actions[bot]) and
    https://docs.github.com/actions/how-tos/manage-workflow-runs/approve-runs-from-forks
    """
    return github.is_built_in(request) or head["repo"]["full_name"] != github.records.setting("full-name")


@call("GET", "/pulls/{number}")
def get_pull(github: GitHub, request: Request, number: str) -> Answer:
    """Return a pull request, and whether it can be merged."""
    pull = _pull(github, number)
    mergeable = github.repository.is_mergeable(pull["head"]["sha"]) if pull["state"] == "open" else None
    return Answer(200, {**pull, "mergeable": mergeable, "merged": pull["merged_at"] is not None})


@call("PATCH", "/pulls/{number}")
def change_pull(github: GitHub, request: Request, number: str) -> Answer:
    """Change the title, body or state of a pull request."""
    _pull(github, number)
    return Answer(200, github.records.change("pull", int(number), **request.body))


@call("PUT", "/pulls/{number}/merge")
def merge_pull(github: GitHub, request: Request, number: str) -> Answer:
    """Merge a pull request as one commit."""
    pull = _pull(github, number)
    if pull["state"] != "open":
        raise Refused(405, "Pull Request is not mergeable")
    if request.body.get("sha", pull["head"]["sha"]) != pull["head"]["sha"]:
        raise Refused(409, "Head branch was modified. Review and try the merge again.")
    _refuse_protected(github, request, pull)
    before = github.repository.require_head(MAIN)
    commit = github.repository.merge(pull["head"]["sha"], f"{pull['title']} (#{number})")
    github.records.change("pull", int(number), state="closed", merged_at=now())
    github.moved(request, MAIN, before, commit)
    return Answer(200, {"merged": True, "sha": commit})


def _refuse_protected(github: GitHub, request: Request, pull: Record) -> None:
    """Raise Refused if the protection of main forbids a merge.

    The administrator may always merge. An App that bypasses reviews may merge if the required checks have passed. All
    other tokens may not, because pull requests cannot be reviewed here.
    """
    protection = github.records.setting(f"protection:{MAIN}")
    if not protection or github.identities.is_administrator(request.token):
        return
    reviews = protection.get("required_pull_request_reviews") or {}
    apps = (reviews.get("bypass_pull_request_allowances") or {}).get("apps", [])
    if github.identities.slug(request.token) not in apps:
        raise Refused(405, "At least 1 approving review is required by reviewers with write access.")
    required = (protection.get("required_status_checks") or {}).get("checks", [])
    if required and not github.checks_passed(pull["head"]["sha"]):
        raise Refused(405, f'Required status check "{required[0]["context"]}" is expected.')
