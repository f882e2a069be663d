"""REST API calls for files and branches."""

import base64

from localcloud.github.answers import Answer, Refused, Request, not_found
from localcloud.github.bare_repository import MAIN
from localcloud.github.service import GitHub, call

NOTHING = "0" * 40


@call("GET", "/contents/{path*}")
def get_file(github: GitHub, request: Request, path: str) -> Answer:
    """Return a file of a branch or commit."""
    commit = github.repository.require_commit(request.query.get("ref", MAIN))
    found = github.repository.read(path, commit)
    if found is None:
        raise not_found(path)
    content = base64.b64encode(found[1]).decode()
    return Answer(200, {"type": "file", "path": path, "sha": found[0], "encoding": "base64", "content": content})


@call("PUT", "/contents/{path*}")
def put_file(github: GitHub, request: Request, path: str) -> Answer:
    """Commit a file.

    The request must contain the sha of the present file, so that no other change is overwritten.
    """
    branch = request.body.get("branch", MAIN)
    refuse_protected(github, request, branch)
    before = github.repository.require_head(branch)
    present = github.repository.read(path, before)
    if present and "sha" not in request.body:
        raise Refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if (present[0] if present else None) != request.body.get("sha"):
        raise Refused(409, f"{path} does not match {request.body.get('sha')}")
    content = base64.b64decode(request.body["content"])
    commit = github.repository.commit_file(branch, path, content, request.body["message"])
    github.moved(request, branch, before, commit)
    return Answer(200 if present else 201, {"commit": {"sha": commit}})


@call("GET", "/compare/{pair*}")
def compare(github: GitHub, request: Request, pair: str) -> Answer:
    """Compare two commits or branches: status, merge base, and the files changed since the merge base."""
    before, separator, after = pair.partition("...")
    if not separator:
        raise not_found(pair)
    first, second = github.repository.require_commit(before), github.repository.require_commit(after)
    base = github.repository.git("merge-base", first, second).strip()
    files = [{"filename": name} for name in github.repository.changed_files(base, second)]
    return Answer(200, {"status": _status(base, first, second), "merge_base_commit": {"sha": base}, "files": files})


def _status(base: str, first: str, second: str) -> str:
    if first == second:
        return "identical"
    return {first: "ahead", second: "behind"}.get(base, "diverged")


@call("GET", "/git/ref/heads/{branch*}")
def get_branch(github: GitHub, request: Request, branch: str) -> Answer:
    """Return the newest commit of a branch. An empty repository gives 409, as on GitHub (noflo/noflo-ui#500)."""
    if github.repository.is_empty():
        raise Refused(409, "Git Repository is empty.")
    commit = github.repository.require_head(branch)
    return Answer(200, {"ref": f"refs/heads/{branch}", "object": {"type": "commit", "sha": commit}})


@call("POST", "/git/refs")
def make_branch(github: GitHub, request: Request) -> Answer:
    """Create a branch."""
    branch = request.body["ref"].removeprefix("refs/heads/")
    if github.repository.head(branch):
        raise Refused(422, "Reference already exists")
    github.repository.set_branch(branch, request.body["sha"])
    github.moved(request, branch, NOTHING, request.body["sha"])
    return Answer(201, {"ref": request.body["ref"], "object": {"sha": request.body["sha"]}})


@call("PATCH", "/git/refs/heads/{branch*}")
def move_branch(github: GitHub, request: Request, branch: str) -> Answer:
    """Point a branch at another commit."""
    refuse_protected(github, request, branch)
    before = github.repository.require_head(branch)
    github.repository.set_branch(branch, request.body["sha"])
    github.moved(request, branch, before, request.body["sha"])
    return Answer(200, {"ref": f"refs/heads/{branch}", "object": {"sha": request.body["sha"]}})


@call("DELETE", "/git/refs/heads/{branch*}")
def remove_branch(github: GitHub, request: Request, branch: str) -> Answer:
    """Delete a branch."""
    if github.repository.head(branch) is None:
        raise Refused(422, "Reference does not exist")
    github.repository.git("update-ref", "-d", f"refs/heads/{branch}")
    return Answer(204)


def refuse_protected(github: GitHub, request: Request, branch: str) -> None:
    """Raise Refused if a branch is protected and the token is not the administrator's."""
    protected = github.records.setting(f"protection:{branch}")
    if protected and not github.identities.is_administrator(request.token):
        raise Refused(409, f"Repository rule violations found: changes to {branch} must be made through a pull request")
