"""Look at the steps of the path on GitHub and in the environments file, with whatever token there is."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.facts import Fact
from sagemaker_mlops.delivery.first_contact.steps import Name, step
from sagemaker_mlops.delivery.github.app import AppKey, find_installation
from sagemaker_mlops.delivery.github.client import GitHubClient, GitHubError, github_client
from sagemaker_mlops.delivery.github.repository_identity import RepositoryIdentity, repository_identity
from sagemaker_mlops.delivery.github.setup import (
    APP_SECRET,
    APP_VARIABLE,
    CONNECTED,
    DELIVERY,
    TOKEN_SECRET,
    Wanted,
    rule_steps,
)
from sagemaker_mlops.delivery.github.setup_rules import has_main
from sagemaker_mlops.delivery.github.setup_step import set_up
from sagemaker_mlops.environments.settings import GitHub, Settings

UNSEEN = "there is no token in GITHUB_TOKEN; create the repository, then: export GITHUB_TOKEN=..."


@dataclass(frozen=True)
class Repository:
    """The repository, a token for it, its ids, and the App that was given."""

    settings: Settings
    client: GitHubClient
    identity: RepositoryIdentity
    key: AppKey | None


def github_facts(settings: Settings, key: AppKey | None) -> dict[Name, Fact]:
    """Return what is seen of the repository's steps; nothing is changed, and no answer is waited for twice."""
    try:
        client = replace(github_client(settings.github), sleep=lambda _: None)
    except DeliveryError:
        return _without_repository(settings, Fact("cannot see", UNSEEN))
    try:
        identity = repository_identity(client)
    except GitHubError as error:
        return _without_repository(settings, Fact("cannot see", str(error)))
    except DeliveryError as error:
        return _without_repository(settings, Fact("missing", str(error)))
    place = f"{client.owner}/{client.repository}"
    repository = Repository(settings, client, identity, key)
    checks: dict[Name, Callable[[Repository], Fact]] = {
        "ids": _ids,
        "app": _app,
        "push": _main,
        "rules": _rules,
        "connect": _connection,
    }
    found: dict[Name, Fact] = {"repository": Fact("done", f"{place} at {client.api_url}")}
    return found | {name: _checked(check, repository) for name, check in checks.items()}


def _without_repository(settings: Settings, repository: Fact) -> dict[Name, Fact]:
    """Return what can be said without looking at the repository: its ids are in the environments file, or not."""
    unseen = Fact("cannot see", f"see step {step('repository').number}")
    names: tuple[Name, ...] = ("app", "push", "rules", "connect")
    return {"repository": repository, "ids": _ids_of_file(settings.github), **dict.fromkeys(names, unseen)}


def _checked(check: Callable[[Repository], Fact], repository: Repository) -> Fact:
    try:
        return check(repository)
    except GitHubError as error:
        return Fact("cannot see", str(error))


def _ids_of_file(github: GitHub) -> Fact:
    if github.owner_id is None:
        return Fact("missing", "the environments file has no owner_id and repository_id")
    return Fact("done", f"owner_id {github.owner_id}, repository_id {github.repository_id}")


def _ids(repository: Repository) -> Fact:
    in_file, identity = _ids_of_file(repository.settings.github), repository.identity
    if in_file.state == "done" and not identity.is_known(repository.settings.github):
        real = f"{identity.owner_id} and {identity.repository_id}"
        return Fact("missing", f"the environments file has {in_file.text}, but GitHub says {real}")
    return in_file


def _app(repository: Repository) -> Fact:
    if repository.key:
        return _given_app(repository.client, repository.key)
    variable = repository.client.find(f"/actions/variables/{APP_VARIABLE}")
    if variable:
        return Fact("done", f"the workflows use App {variable['value']}")
    if os.environ.get(TOKEN_SECRET) or _has_secret(repository.client, TOKEN_SECRET):
        return Fact("done", f"a fine-grained token, {TOKEN_SECRET}, in place of an App")
    if _connection(repository).state == "done":
        return Fact("done", "neither App nor token: the workflows use GitHub's built-in token")
    return Fact("missing", f"no App in APP_ID and KEY_FILE, no token in {TOKEN_SECRET}, and none was set up before")


def _given_app(client: GitHubClient, key: AppKey) -> Fact:
    try:
        installation = find_installation(client, key)
    except DeliveryError as error:
        return Fact("missing", str(error))
    if installation.missing:
        return Fact("missing", f"App {installation.slug} may not write {', '.join(installation.missing)}")
    return Fact("done", f"App {installation.slug} is installed and may write what the workflows write")


def _has_secret(client: GitHubClient, name: str) -> bool:
    """Return whether a secret is in the environment `delivery`; its value cannot be read.

    Source: https://docs.github.com/rest/actions/secrets#get-an-environment-secret
    """
    return client.find(f"/environments/{DELIVERY}/secrets/{name}") is not None


def _main(repository: Repository) -> Fact:
    if has_main(repository.client):
        return Fact("done", "the branch main is there")
    return Fact("missing", "the branch main is not there")


def _rules(repository: Repository) -> Fact:
    settings = repository.settings
    wanted = Wanted(accepts_unprotected=settings.github.deploy_from == "main_branch")
    steps = [one for one in rule_steps(repository.client, settings, repository.identity, wanted) if one.is_required]
    results = list(set_up(steps, apply=False))
    missing = [result.name for result in results if result.outcome == "would be made"]
    refused = [f"{result.name}: {result.advice}" for result in results if result.outcome == "refused"]
    if missing:
        return Fact("missing", f"{len(missing)} of {len(results)}, such as: {missing[0]}")
    if refused:
        return Fact("cannot see", refused[0])
    return _missing_secret(repository) or Fact("done", f"{len(results)} rules are there")


def _missing_secret(repository: Repository) -> Fact | None:
    """Return what is missing if an App or a token was given, but is not in the environments of the workflows yet."""
    given = APP_SECRET if repository.key else TOKEN_SECRET if os.environ.get(TOKEN_SECRET) else ""
    has_environments = repository.settings.github.deploy_from == "environment"
    if not given or not has_environments or _has_secret(repository.client, given):
        return None
    return Fact("missing", f"the secret {given} is not in the environment {DELIVERY}")


def _connection(repository: Repository) -> Fact:
    found = repository.client.find(f"/actions/variables/{CONNECTED}")
    if found and found["value"] == "true":
        return Fact("done", f"the variable {CONNECTED} is true")
    return Fact("missing", f"the variable {CONNECTED} is not true, so the workflows do not go to AWS")
