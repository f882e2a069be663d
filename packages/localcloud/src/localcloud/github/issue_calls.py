"""REST API calls for issues, and for comments on issues and pull requests."""

from localcloud.github.answers import Answer, Request, not_found
from localcloud.github.service import GitHub, call


@call("GET", "/issues")
def list_issues(github: GitHub, request: Request) -> Answer:
    """List issues and pull requests, newest first.

    For GitHub a pull request is an issue with the member pull_request.
    """
    state = request.query.get("state", "open")
    pulls = [{**pull, "pull_request": {"html_url": pull["html_url"]}} for pull in github.records.all("pull")]
    every = sorted([*github.records.all("issue"), *pulls], key=lambda one: int(one["number"]), reverse=True)
    found = [one for one in every if state in ("all", one["state"])]
    size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
    return Answer(200, found[size * (page - 1) : size * page])


@call("POST", "/issues")
def open_issue(github: GitHub, request: Request) -> Answer:
    """Open an issue."""
    content = {name: request.body.get(name, "") for name in ("title", "body")}
    labels = [{"name": name} for name in request.body.get("labels", [])]
    user = github.identities.user(request.token)
    kept = {**content, "state": "open", "user": user, "labels": labels}
    issue = github.records.add("issue", kept, "conversation")
    url = github.page("issues", issue["number"])
    return Answer(201, github.records.change("issue", issue["number"], html_url=url))


@call("PATCH", "/issues/comments/{identity}")
def change_comment(github: GitHub, request: Request, identity: str) -> Answer:
    """Replace the text of a comment."""
    if github.records.get("comment", int(identity)) is None:
        raise not_found(f"comment {identity}")
    return Answer(200, github.records.change("comment", int(identity), body=request.body["body"]))


@call("PATCH", "/issues/{number}")
def change_issue(github: GitHub, request: Request, number: str) -> Answer:
    """Change the title, body or state of an issue."""
    if github.records.get("issue", int(number)) is None:
        raise not_found(f"issue {number}")
    return Answer(200, github.records.change("issue", int(number), **request.body))


@call("GET", "/issues/{number}/comments")
def list_comments(github: GitHub, request: Request, number: str) -> Answer:
    """List the comments of an issue or a pull request, oldest first."""
    found = [one for one in reversed(github.records.all("comment")) if one["conversation"] == int(number)]
    page = int(request.query.get("page", "1"))
    return Answer(200, [{**one, "id": one["number"]} for one in found] if page == 1 else [])


@call("POST", "/issues/{number}/comments")
def comment(github: GitHub, request: Request, number: str) -> Answer:
    """Comment on an issue or a pull request."""
    if not any(github.records.get(kind, int(number)) for kind in ("issue", "pull")):
        raise not_found(f"issue {number}")
    user = github.identities.user(request.token)
    kept = github.records.add("comment", {"conversation": int(number), "body": request.body["body"], "user": user})
    return Answer(201, {**kept, "id": kept["number"]})
