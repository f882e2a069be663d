"""What the workflows need on GitHub: environments, a variable, a secret, a protected main. Safe to repeat."""

import base64
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from nacl.public import PublicKey, SealedBox

from delivery.github.client import GitHubClient, GitHubError
from delivery.github.protection import REQUIRED_CHECK, is_protected, wanted_protection
from delivery.github.repository import MAIN

CONNECTED, TOKEN_SECRET = "AWS_CONNECTED", "DELIVERY_TOKEN"
# The environment of jobs that need the token and no deploy role: a branch's workflow must not read it.
DELIVERY = "delivery"
NOT_IN_PLAN = (403, 404, 422)


@dataclass(frozen=True)
class Step:
    """One thing on GitHub, as it should be."""

    name: str
    is_done: Callable[[], bool]
    do: Callable[[], object]
    without: str = ""  # what to do where the plan does not have it


@dataclass(frozen=True)
class Result:
    """What became of a step."""

    name: str
    outcome: str  # there, would be made, made, refused
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.outcome:<14} {self.name}{f'. {self.advice}' if self.advice else ''}"


def set_up(steps: Sequence[Step], *, apply: bool) -> Iterator[Result]:
    """Look at every step and, if wanted, do what is missing."""
    for step in steps:
        try:
            if step.is_done():
                yield Result(step.name, "there")
            elif not apply:
                yield Result(step.name, "would be made")
            else:
                step.do()
                yield Result(step.name, "made")
        except GitHubError as error:
            if error.status not in NOT_IN_PLAN:
                raise
            yield Result(step.name, "refused", f"{error}. {step.without}".rstrip(". "))


def steps_of(client: GitHubClient, environments: Sequence[str], *, connected: bool, reviews: int) -> list[Step]:
    """Every step, in order.

    Args:
        client: the repository, with an administrator's token.
        environments: names of the environments that workflows deploy to.
        connected: whether the AWS accounts are ready, so that workflows may go there.
        reviews: how many approvals a pull request into main needs.
    """
    steps = [step for name in (DELIVERY, *environments) for step in _environment(client, name)]
    steps.append(_protection(client, reviews))
    token = os.environ.get(TOKEN_SECRET)
    if token:
        steps += [_secret(client, name, TOKEN_SECRET, token) for name in (DELIVERY, *environments)]
    else:
        steps.append(_pull_requests_of_workflows(client))
    if connected:
        steps.append(_variable(client, CONNECTED, "true"))
    return steps


def _environment(client: GitHubClient, name: str) -> list[Step]:
    """Only main may deploy to it: the AWS role trusts whatever runs in the environment."""
    path = f"/environments/{quote(name)}"
    policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    without = (
        "Environments in private repositories need a paid plan; without one set github.deploy_from: main_branch in "
        "environments.yaml and deploy again"
    )

    def has_main() -> bool:
        found = client.find(f"{path}/deployment-branch-policies") or {}
        return any(entry["name"] == MAIN for entry in found.get("branch_policies", []))

    return [
        Step(
            f"environment {name}",
            lambda: _has(client.find(path), policy),
            lambda: client.request("PUT", path, policy),
            without,
        ),
        Step(
            f"environment {name}: main only",
            has_main,
            lambda: client.request("POST", f"{path}/deployment-branch-policies", {"name": MAIN}),
            without,
        ),
    ]


def _protection(client: GitHubClient, reviews: int) -> Step:
    path = f"/branches/{MAIN}/protection"
    return Step(
        f"main needs the check `{REQUIRED_CHECK}` and at least {reviews} approval(s)",
        lambda: is_protected(client.find(path), reviews),
        lambda: client.request("PUT", path, wanted_protection(client.find(path), reviews)),
        "Protection in private repositories needs a paid plan; without one agree that nobody pushes to main",
    )


def _variable(client: GitHubClient, name: str, value: str) -> Step:
    def is_set() -> bool:
        found = client.find(f"/actions/variables/{name}")
        return bool(found) and found["value"] == value

    def set_it() -> object:
        if client.find(f"/actions/variables/{name}"):
            return client.request("PATCH", f"/actions/variables/{name}", {"name": name, "value": value})
        return client.request("POST", "/actions/variables", {"name": name, "value": value})

    return Step(f"variable {name}={value}", is_set, set_it)


def _pull_requests_of_workflows(client: GitHubClient) -> Step:
    """Without a token of its own, `promote` opens its requests with GitHub's built-in one, which must be allowed."""
    path = "/actions/permissions/workflow"
    wanted = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": True}
    return Step(
        "workflows may open pull requests",
        lambda: _has(client.find(path), {"can_approve_pull_request_reviews": True}),
        lambda: client.request("PUT", path, wanted),
        "Your organisation does not allow it; give workflows a token: DELIVERY_TOKEN=... make github-setup APPLY=1",
    )


def _secret(client: GitHubClient, environment: str, name: str, value: str) -> Step:
    """A secret cannot be read, so it is written whenever a value is given."""
    path = f"/environments/{quote(environment)}/secrets"

    def write() -> object:
        key = client.request("GET", f"{path}/public-key")
        body = {"encrypted_value": seal(value, key["key"]), "key_id": key["key_id"]}
        return client.request("PUT", f"{path}/{name}", body)

    return Step(f"secret {name} in environment {environment}", lambda: False, write)


def seal(value: str, public_key: str) -> str:
    """Encrypt a value so that only GitHub can read it.

    Source: https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api
    """
    box = SealedBox(PublicKey(base64.b64decode(public_key)))
    return base64.b64encode(box.encrypt(value.encode())).decode()


def _has(found: dict[str, Any] | None, wanted: dict[str, Any]) -> bool:
    return found is not None and all(found.get(name) == value for name, value in wanted.items())
