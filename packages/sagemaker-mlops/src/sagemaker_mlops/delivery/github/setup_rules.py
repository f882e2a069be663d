"""Setup steps for rules on GitHub: environments restricted to main, protection of main, valid code owners."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.github.client import GitHubClient, GitHubError
from sagemaker_mlops.delivery.github.protection import REQUIRED_CHECK, MainRules, is_protected, wanted_protection
from sagemaker_mlops.delivery.github.repository import MAIN
from sagemaker_mlops.delivery.github.setup_step import NotPossible, Step

EMPTY_REPOSITORY = 409
NO_RULES = (
    "Rules of environments in private repositories need a paid plan; without one set github.deploy_from: main_branch "
    "in environments.yaml and deploy again"
)


def environment_steps(client: GitHubClient, name: str) -> list[Step]:
    """Return the steps that create an environment and restrict it to main, since the AWS role trusts its jobs."""
    path = f"/environments/{quote(name)}"
    policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    return [
        Step(
            f"environment {name}",
            lambda: has(client.find(path), policy),
            lambda: client.request("PUT", path, policy),
            NO_RULES,
            is_required=True,
        ),
        Step(
            f"environment {name}: main and nothing else may deploy",
            lambda: _is_main_only(_policies(client, path)),
            lambda: _let_main_only(client, path),
            NO_RULES,
            is_required=True,
        ),
    ]


def _policies(client: GitHubClient, path: str) -> list[dict[str, Any]]:
    found = client.find(f"{path}/deployment-branch-policies?per_page=100") or {}
    return list(found.get("branch_policies", []))


def _is_main(policy: dict[str, Any]) -> bool:
    """Return True if a policy is for the branch main, and not for a tag with that name."""
    return bool(policy["name"] == MAIN and policy.get("type", "branch") == "branch")


def _is_main_only(policies: list[dict[str, Any]]) -> bool:
    """Return True if every policy is for main: another one, such as `*`, would let other branches deploy."""
    return bool(policies) and all(_is_main(policy) for policy in policies)


def _let_main_only(client: GitHubClient, path: str) -> None:
    """Add a policy for main and delete the others.

    Source: https://docs.github.com/rest/deployments/branch-policies
    """
    policies = _policies(client, path)
    if not any(_is_main(policy) for policy in policies):
        client.request("POST", f"{path}/deployment-branch-policies", {"name": MAIN, "type": "branch"})
    for policy in policies:
        if not _is_main(policy):
            client.request("DELETE", f"{path}/deployment-branch-policies/{policy['id']}")


def main_step(client: GitHubClient) -> Step:
    """Return the step that checks that main exists, because GitHub answers 404 to its protection otherwise."""

    def refuse() -> None:
        raise NotPossible(f"Expected the branch {MAIN}, found none. {do_first('push')}; then run again")

    return Step(f"branch {MAIN}", lambda: has_main(client), refuse, is_required=True)


def has_main(client: GitHubClient) -> bool:
    """Return True if main exists. GitHub answers 409 for an empty repository, and 404 for a missing branch.

    Sources: https://docs.github.com/rest/git/refs#get-a-reference (409 Conflict), noflo/noflo-ui#500.
    """
    try:
        return client.find(f"/git/ref/heads/{MAIN}") is not None
    except GitHubError as error:
        if error.status == EMPTY_REPOSITORY:
            return False
        raise


def protection_step(client: GitHubClient, rules: MainRules, *, is_required: bool = True) -> Step:
    """Return the step that protects main; optional if the user accepts that everyone who may push can deploy."""
    path = f"/branches/{MAIN}/protection"
    return Step(
        f"{MAIN} needs the check `{REQUIRED_CHECK}` and at least {rules.reviews} approval(s), of code owners",
        lambda: is_protected(client.find(path), rules),
        lambda: client.request("PUT", path, wanted_protection(client.find(path), rules)),
        f"Does {MAIN} exist? Protection in private repositories needs a paid plan; without one, agree that nobody "
        "pushes to main, set github.deploy_from: main_branch, and repeat with --unprotected",
        is_required=is_required,
    )


def code_owners_step(client: GitHubClient) -> Step:
    """Return the step that checks CODEOWNERS, because GitHub ignores lines with unknown owners.

    Source: https://docs.github.com/rest/repos/repos#list-codeowners-errors
    """

    def errors() -> list[str]:
        found = client.request("GET", "/codeowners/errors")
        return [f"line {error['line']}: {error['kind']}" for error in found["errors"]]

    def refuse() -> None:
        raise NotPossible(
            "Expected users or @organization/teams with write access in .github/CODEOWNERS, found "
            f"{'; '.join(errors())}. Correct the file on {MAIN}"
        )

    return Step("owners in .github/CODEOWNERS exist", lambda: not errors(), refuse, is_required=True)


def deployment_step(undeployed: Sequence[str], registry: str) -> Step:
    """Return the step that checks that the registry's environment, whose roles jobs assume, is deployed."""

    def refuse() -> None:
        raise NotPossible(
            f"Expected the stacks of {registry}, deployed with the ids of the repository; found none, or stacks from "
            f"before the ids were known. {do_first('deploy', registry)}"
        )

    return Step(f"{registry} is deployed", lambda: registry not in undeployed, refuse, is_required=True)


def workflow_requests_step(client: GitHubClient) -> Step:
    """Return the step that lets `promote` open pull requests with GitHub's built-in token."""
    path = "/actions/permissions/workflow"
    wanted = {"default_workflow_permissions": "read", "can_approve_pull_request_reviews": True}
    return Step(
        "workflows may open pull requests",
        lambda: has(client.find(path), {"can_approve_pull_request_reviews": True}),
        lambda: client.request("PUT", path, wanted),
        "Your organization does not allow it; give the workflows an App or a token: step 4 of FIRST-CONTACT.md",
    )


def has(found: dict[str, Any] | None, wanted: dict[str, Any]) -> bool:
    """Return True if a response contains all the wanted values."""
    return found is not None and all(found.get(name) == value for name, value in wanted.items())
