"""REST API calls for settings of the repository: environments, variables, secrets and protection.

Variables, protection and workflow permissions take effect. Environments and secrets are only stored.
"""

import base64
import os

from localcloud.github.answers import Answer, Refused, Request, not_found
from localcloud.github.protection import shown_protection
from localcloud.github.records import now
from localcloud.github.service import GitHub, call

KEY_BYTES = 32


@call("GET", "/environments/{name}")
def get_environment(github: GitHub, request: Request, name: str) -> Answer:
    """Return an environment."""
    found = github.records.setting(f"environment:{name}")
    if found is None:
        raise not_found(f"environment {name}")
    return Answer(200, {"name": name, **found})


@call("PUT", "/environments/{name}")
def put_environment(github: GitHub, request: Request, name: str) -> Answer:
    """Create or change an environment."""
    github.records.set_setting(f"environment:{name}", request.body)
    return Answer(200, {"name": name, **request.body})


@call("DELETE", "/environments/{name}")
def remove_environment(github: GitHub, request: Request, name: str) -> Answer:
    """Delete an environment and its deployment branch policies."""
    if github.records.setting(f"environment:{name}") is None:
        raise not_found(f"environment {name}")
    for kind in ("environment", "branches"):
        github.records.set_setting(f"{kind}:{name}", None)
    return Answer(204)


@call("GET", "/environments/{name}/deployment-branch-policies")
def get_policies(github: GitHub, request: Request, name: str) -> Answer:
    """List the branches that may deploy to an environment."""
    found = github.records.setting(f"branches:{name}") or []
    return Answer(200, {"total_count": len(found), "branch_policies": found})


@call("POST", "/environments/{name}/deployment-branch-policies")
def add_policy(github: GitHub, request: Request, name: str) -> Answer:
    """Allow a branch to deploy to an environment."""
    if github.records.setting(f"environment:{name}") is None:
        raise not_found(f"environment {name}")
    found = github.records.setting(f"branches:{name}") or []
    number = max((policy["id"] for policy in found), default=0) + 1
    policy = {"id": number, "name": request.body["name"], "type": request.body.get("type", "branch")}
    github.records.set_setting(f"branches:{name}", [*found, policy])
    return Answer(200, policy)


@call("DELETE", "/environments/{name}/deployment-branch-policies/{number}")
def remove_policy(github: GitHub, request: Request, name: str, number: str) -> Answer:
    """Delete a deployment branch policy of an environment."""
    found = github.records.setting(f"branches:{name}") or []
    kept = [policy for policy in found if str(policy["id"]) != number]
    if len(kept) == len(found):
        raise not_found(f"policy {number}")
    github.records.set_setting(f"branches:{name}", kept)
    return Answer(204)


@call("GET", "/actions/variables/{name}")
def get_variable(github: GitHub, request: Request, name: str) -> Answer:
    """Return a variable."""
    found = github.records.setting(f"variable:{name}")
    if found is None:
        raise not_found(f"variable {name}")
    return Answer(200, {"name": name, "value": found})


@call("POST", "/actions/variables")
def make_variable(github: GitHub, request: Request) -> Answer:
    """Create a variable."""
    name = request.body["name"]
    if github.records.setting(f"variable:{name}") is not None:
        raise Refused(409, f"Variable {name} already exists")
    github.records.set_setting(f"variable:{name}", request.body["value"])
    return Answer(201, {})


@call("PATCH", "/actions/variables/{name}")
def change_variable(github: GitHub, request: Request, name: str) -> Answer:
    """Change a variable."""
    github.records.set_setting(f"variable:{name}", request.body["value"])
    return Answer(204)


@call("DELETE", "/actions/variables/{name}")
def remove_variable(github: GitHub, request: Request, name: str) -> Answer:
    """Delete a variable."""
    github.records.set_setting(f"variable:{name}", None)
    return Answer(204)


@call("GET", "/actions/permissions/workflow")
def get_workflow_rights(github: GitHub, request: Request) -> Answer:
    """Return the permissions of the built-in token of workflows."""
    default = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": False}
    return Answer(200, github.records.setting("workflow-rights") or default)


@call("PUT", "/actions/permissions/workflow")
def put_workflow_rights(github: GitHub, request: Request) -> Answer:
    """Set the permissions of the built-in token of workflows."""
    github.records.set_setting("workflow-rights", request.body)
    return Answer(204)


@call("GET", "/environments/{environment}/secrets/public-key")
def get_key(github: GitHub, request: Request, environment: str) -> Answer:
    """Return the public key with which secrets are encrypted. localcloud does not decrypt them."""
    key = github.records.setting("secret-key") or base64.b64encode(os.urandom(KEY_BYTES)).decode()
    github.records.set_setting("secret-key", key)
    return Answer(200, {"key_id": "1", "key": key})


@call("GET", "/environments/{environment}/secrets/{name}")
def get_secret(github: GitHub, request: Request, environment: str, name: str) -> Answer:
    """Return the name and the dates of a secret, without its value."""
    found = github.records.setting(f"sealed-secret:{environment}:{name}")
    if found is None:
        raise not_found(f"secret {name}")
    return Answer(200, {"name": name, "created_at": found["at"], "updated_at": found["at"]})


@call("PUT", "/environments/{environment}/secrets/{name}")
def put_secret(github: GitHub, request: Request, environment: str, name: str) -> Answer:
    """Record that an environment has a secret. Its size and time are stored, its value is not."""
    sealed = base64.b64decode(request.body["encrypted_value"])
    github.records.set_setting(f"sealed-secret:{environment}:{name}", {"at": now(), "bytes": len(sealed)})
    return Answer(201, {})


@call("GET", "/branches/{branch}/protection")
def get_protection(github: GitHub, request: Request, branch: str) -> Answer:
    """Return the protection of a branch."""
    _require_branch(github, branch)
    found = github.records.setting(f"protection:{branch}")
    if found is None:
        raise Refused(404, "Branch not protected")
    return Answer(200, shown_protection(found))


@call("PUT", "/branches/{branch}/protection")
def put_protection(github: GitHub, request: Request, branch: str) -> Answer:
    """Protect a branch."""
    _require_branch(github, branch)
    github.records.set_setting(f"protection:{branch}", request.body)
    return Answer(200, shown_protection(request.body))


@call("DELETE", "/branches/{branch}/protection")
def remove_protection(github: GitHub, request: Request, branch: str) -> Answer:
    """Remove the protection of a branch."""
    github.records.set_setting(f"protection:{branch}", None)
    return Answer(204)


def _require_branch(github: GitHub, branch: str) -> None:
    if github.repository.head(branch) is None:
        raise Refused(404, "Branch not found")
