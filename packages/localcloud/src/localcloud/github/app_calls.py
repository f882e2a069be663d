"""REST API calls of a GitHub App, and the call that returns the account of a token."""

from localcloud.github.answers import Answer, Refused, Request, not_found
from localcloud.github.service import GitHub, call, root_call


@call("GET", "/installation")
def get_installation(github: GitHub, request: Request) -> Answer:
    """Return the installation of the App that signed the request's token."""
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
    """Create an installation token of the App."""
    app = github.identities.app_of(request.token)
    if str(app["installation_id"]) != number:
        raise not_found(f"installation {number}")
    return Answer(201, github.identities.new_installation_token(app, request.body.get("permissions") or {}))


@root_call("GET", "/user")
def get_user(github: GitHub, request: Request) -> Answer:
    """Return the account of a token. Tokens of workflows and Apps are refused with 403, as on GitHub."""
    if not github.identities.knows(request.token):
        raise Refused(401, "Bad credentials")
    user = github.identities.user(request.token)
    if user["type"] == "Bot":
        raise Refused(403, "Resource not accessible by integration")
    return Answer(200, user)
