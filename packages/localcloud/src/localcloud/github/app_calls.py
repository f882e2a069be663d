"""Calls of a GitHub App, with a token that it has signed; and who a token's account is."""

from localcloud.github.answers import Answer, Refused, Request, not_found
from localcloud.github.service import GitHub, call, root_call


@call("GET", "/installation")
def get_installation(github: GitHub, request: Request) -> Answer:
    """Return the App's installation in the repository."""
    app = github.identities.app_of(request.token)
    return Answer(
        200,
        {
            "id": app["installation_id"],
            "app_id": app["id"],
            "app_slug": app["slug"],
            "permissions": app["permissions"],
        },
    )


@root_call("POST", "/app/installations/{number}/access_tokens")
def make_token(github: GitHub, request: Request, number: str) -> Answer:
    """Make a token of the App in the repository."""
    app = github.identities.app_of(request.token)
    if str(app["installation_id"]) != number:
        raise not_found(f"installation {number}")
    return Answer(201, github.identities.new_installation_token(app, request.body.get("permissions") or {}))


@root_call("GET", "/user")
def get_user(github: GitHub, request: Request) -> Answer:
    """Return the account of a token; those of workflows and Apps have none that they may ask for."""
    if not github.identities.knows(request.token):
        raise Refused(401, "Bad credentials")
    user = github.identities.user(request.token)
    if user["type"] == "Bot":
        raise Refused(403, "Resource not accessible by integration")
    return Answer(200, user)
