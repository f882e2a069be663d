"""Setup of the repository on GitHub in order: ids, rules, credentials for workflows, connection to AWS."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sagemaker_mlops.delivery.github.app import AppKey, Installation, permission_step
from sagemaker_mlops.delivery.github.client import GitHubClient
from sagemaker_mlops.delivery.github.environments_file import write_github_values
from sagemaker_mlops.delivery.github.protection import ACTIONS_APP_ID, MainRules
from sagemaker_mlops.delivery.github.repository_identity import RepositoryIdentity, identity_step, subject_step
from sagemaker_mlops.delivery.github.setup_rules import (
    code_owners_step,
    deployment_step,
    environment_steps,
    main_step,
    protection_step,
    workflow_requests_step,
)
from sagemaker_mlops.delivery.github.setup_step import Step
from sagemaker_mlops.delivery.github.setup_values import secret_step, variable_step
from sagemaker_mlops.delivery.gitops.decision import TESTED_IN
from sagemaker_mlops.environments.settings import GitHub, Settings

CONNECTED, TOKEN_SECRET = "AWS_CONNECTED", "DELIVERY_TOKEN"
APP_VARIABLE, APP_SECRET = "DELIVERY_APP_ID", "DELIVERY_APP_PRIVATE_KEY"
# Environment for jobs that need the token but no deploy role: workflows on other branches must not read the token.
DELIVERY = "delivery"
PUBLIC_API = "https://api.github.com"


@dataclass(frozen=True)
class Wanted:
    """Options of `mlops github setup`.

    Attributes:
        connected: The AWS accounts are ready, so workflows may use them.
        reviews: Number of approvals that a pull request into main needs.
        token: Fine-grained token for the workflows of a team without an App.
        app: Key and installation of the App for the workflows.
        accepts_unprotected: Accept a main without protection, on a plan that has none: everyone who may push to main
            may then deploy.
        undeployed: Environments whose stacks are missing, as far as the credentials can determine it.
    """

    connected: bool = False
    reviews: int = 1
    token: str = ""
    app: tuple[AppKey, Installation] | None = None
    accepts_unprotected: bool = False
    undeployed: tuple[str, ...] = ()


def steps_of(
    client: GitHubClient, settings: Settings, file: Path, identity: RepositoryIdentity, wanted: Wanted
) -> list[Step]:
    """Return every step of the setup, in order. Every step is safe to repeat.

    Args:
        client: Client with an administrator's token.
        settings: Settings from the environments file.
        file: Path of the environments file.
        identity: Ids of the repository and its owner.
        wanted: Options of the setup.
    """
    return [
        identity_step(identity, settings.github, file),
        *rule_steps(client, settings, identity, wanted),
        *_write_access_steps(client, settings, file, wanted),
        *(_connection(client, settings, wanted) if wanted.connected else []),
    ]


def _connection(client: GitHubClient, settings: Settings, wanted: Wanted) -> Iterator[Step]:
    """Yield the steps that let workflows use AWS.

    The first job needs the roles of the environment that holds the registry.
    """
    yield deployment_step(wanted.undeployed, settings.registry_environment)
    missing = ", ".join(wanted.undeployed)
    advice = f"Their jobs fail until they are deployed: {missing}" if missing else ""
    yield replace(variable_step(client, CONNECTED, "true"), after=advice)


def rule_steps(
    client: GitHubClient, settings: Settings, identity: RepositoryIdentity, wanted: Wanted
) -> Iterator[Step]:
    """Yield the steps for token subjects, environments and main, required before secrets and the connection."""
    yield subject_step(client, identity)
    has_environments = settings.github.deploy_from == "environment"
    for name in (DELIVERY, *settings.environments) if has_environments else ():
        yield from environment_steps(client, name)
    yield main_step(client)
    yield code_owners_step(client)
    may_be_unprotected = wanted.accepts_unprotected and not has_environments
    rules = _main_rules(settings.github, identity, wanted)
    yield protection_step(client, rules, is_required=not may_be_unprotected)


def _main_rules(github: GitHub, identity: RepositoryIdentity, wanted: Wanted) -> MainRules:
    """Return the rules of main. GitHub lets an App bypass reviews only in repositories of organizations."""
    slug = wanted.app[1].slug if wanted.app and identity.is_of_organization else ""
    return MainRules(wanted.reviews, slug, ACTIONS_APP_ID if github.api_url == PUBLIC_API else None)


def _write_access_steps(client: GitHubClient, settings: Settings, file: Path, wanted: Wanted) -> Iterator[Step]:
    """Yield the steps that give jobs write access: with an App, a fine-grained token or the built-in token."""
    names = _environments_that_write(settings)
    if wanted.app:
        key, installation = wanted.app
        yield permission_step(installation)
        yield _login_step(settings.github, file, installation)
        yield from (secret_step(client, name, APP_SECRET, key.private_key) for name in names)
        yield variable_step(client, APP_VARIABLE, key.app_id)
    elif wanted.token:
        yield from (secret_step(client, name, TOKEN_SECRET, wanted.token) for name in names)
    else:
        yield workflow_requests_step(client)


def _environments_that_write(settings: Settings) -> Sequence[str]:
    """Return the environments whose jobs write to GitHub, which are all but staging.

    Return none if environments have no rules, because their secrets would not be protected.
    """
    if settings.github.deploy_from != "environment":
        return ()
    return (DELIVERY, *(name for name in settings.environments if name != TESTED_IN))


def _login_step(github: GitHub, file: Path, installation: Installation) -> Step:
    """Return the step that sets `delivery_login` to the App's account, whose pull requests then count as own."""
    return Step(
        f"delivery_login {installation.login} in {file.name}",
        lambda: github.delivery_login == installation.login,
        lambda: write_github_values(file, {"delivery_login": installation.login}),
        after="Commit the file",
    )
