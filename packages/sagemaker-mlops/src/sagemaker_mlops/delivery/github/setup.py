"""What the workflows need on GitHub, in order: the repository's ids, rules, then what connects it. Safe to repeat."""

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
# The environment of jobs that need the token and no deploy role: a branch's workflow must not read it.
DELIVERY = "delivery"
PUBLIC_API = "https://api.github.com"


@dataclass(frozen=True)
class Wanted:
    """What somebody asks `make github-setup` for.

    Args:
        connected: the AWS accounts are ready, so that workflows may go there.
        reviews: how many approvals a pull request into main needs.
        token: a fine-grained token for the workflows of a team without an App.
        app: the App for the workflows, and where it is installed.
        accepts_unprotected: whoever may push to main may deploy, since the plan has no protection.
        undeployed: environments whose stacks are missing, as far as the credentials show.
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
    """Return every step, in order; the client has an administrator's token, `file` is the environments file."""
    return [
        identity_step(identity, settings.github, file),
        *rule_steps(client, settings, identity, wanted),
        *_writers(client, settings, file, wanted),
        *(_connection(client, settings, wanted) if wanted.connected else []),
    ]


def _connection(client: GitHubClient, settings: Settings, wanted: Wanted) -> Iterator[Step]:
    """Yield what lets workflows go to AWS: the first job needs the roles of the environment that trains."""
    yield deployment_step(wanted.undeployed, settings.registry_environment)
    missing = ", ".join(wanted.undeployed)
    advice = f"Their jobs fail until they are deployed: {missing}" if missing else ""
    yield replace(variable_step(client, CONNECTED, "true"), after=advice)


def rule_steps(
    client: GitHubClient, settings: Settings, identity: RepositoryIdentity, wanted: Wanted
) -> Iterator[Step]:
    """Yield what has to be there before a secret or the connection: subjects with ids, environments, main's rules."""
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
    """Return main's rules. Only in an organization's repository can an App pass reviews by (REST: apps, teams)."""
    slug = wanted.app[1].slug if wanted.app and identity.is_of_organization else ""
    return MainRules(wanted.reviews, slug, ACTIONS_APP_ID if github.api_url == PUBLIC_API else None)


def _writers(client: GitHubClient, settings: Settings, file: Path, wanted: Wanted) -> Iterator[Step]:
    """Yield what gives the jobs that write a token: the App, a fine-grained token, or the right to use the built-in."""
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
    """Return the environments whose jobs write to GitHub; staging's never do. Without rules none keeps a secret."""
    if settings.github.deploy_from != "environment":
        return ()
    return (DELIVERY, *(name for name in settings.environments if name != TESTED_IN))


def _login_step(github: GitHub, file: Path, installation: Installation) -> Step:
    """Return the step that names the App's account in the environments file: what it wrote counts as our own."""
    return Step(
        f"delivery_login {installation.login} in {file.name}",
        lambda: github.delivery_login == installation.login,
        lambda: write_github_values(file, {"delivery_login": installation.login}),
        after="Commit the file",
    )
