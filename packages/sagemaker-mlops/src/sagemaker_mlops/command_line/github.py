"""Commands that connect the project with GitHub; they need an administrator's token in GITHUB_TOKEN."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.github_access import repository_of
from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import Result, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.github.app import find_installation, read_app_key
from sagemaker_mlops.delivery.github.client import GitHubClient, github_client
from sagemaker_mlops.delivery.github.repository_identity import identity_step, repository_identity
from sagemaker_mlops.delivery.github.setup_step import Step, set_up
from sagemaker_mlops.delivery.gitops.notify_secret import put_notify_app, put_notify_token
from sagemaker_mlops.delivery.target import target_of as target_by_name
from sagemaker_mlops.environments.settings import Settings, settings_file

DELIVER = "deliver.yml"

application = typer.Typer(no_args_is_help=True, help="Connect the project with GitHub, once.")
AppIdOption = Annotated[
    str, typer.Option(envvar="APP_ID", help="client id of the GitHub App, or its number", show_default=False)
]
KeyFileOption = Annotated[
    Path | None, typer.Option(envvar="KEY_FILE", help="private key of the GitHub App", show_default=False)
]
ApplyOption = Annotated[bool, typer.Option("--apply", help="change what differs; without it nothing is changed")]


@command(application, "ids")
def ids(apply: ApplyOption = False) -> Result:
    """Write the ids of the repository and its owner, which the AWS roles trust, into the environments file."""
    settings, client = _settings_and_client()
    return _set_up([identity_step(repository_identity(client), settings.github, settings_file())], apply=apply)


@command(application, "setup")
def setup(
    apply: ApplyOption = False,
    connected: Annotated[
        bool, typer.Option("--connected", help="let workflows use AWS; the accounts are deployed")
    ] = False,
    reviews: Annotated[int, typer.Option(min=0, max=6, help="approvals that a pull request into main needs")] = 1,
    app_id: AppIdOption = "",
    key_file: KeyFileOption = None,
    unprotected: Annotated[
        bool, typer.Option("--unprotected", help="let anyone who may push to main deploy (plans without rules)")
    ] = False,
) -> Result:
    """Configure GitHub: ids, environments, protection of main, then the connection to AWS.

    Exit code 1: GitHub refused a step, and the steps that depend on it were not done.
    """
    from sagemaker_mlops.delivery.github.setup import TOKEN_SECRET, Wanted, steps_of

    settings, client = _settings_and_client()
    key = read_app_key(app_id, _required(key_file)) if app_id or key_file else None
    app = (key, find_installation(client, key)) if key else None
    token = os.environ.get(TOKEN_SECRET, "")
    undeployed = _undeployed(settings) if connected else ()
    wanted = Wanted(connected, reviews, token, app, unprotected, undeployed)
    return _set_up(steps_of(client, settings, settings_file(), repository_identity(client), wanted), apply=apply)


@command(application, "notify-token")
def notify_token(environment: EnvironmentOption = "dev") -> dict[str, Any]:
    """Let approvals and alarms of an environment start workflows with the token in GITHUB_TOKEN."""
    return _stored(environment, put_notify_token(target_of(environment), os.environ.get("GITHUB_TOKEN", "")))


@command(application, "notify-app")
def notify_app(
    environment: EnvironmentOption = "dev", app_id: AppIdOption = "", key_file: KeyFileOption = None
) -> dict[str, Any]:
    """Let approvals and alarms of an environment start workflows with a GitHub App."""
    if not app_id:
        raise DeliveryError(f"expected the client id of the App in APP_ID, found none. {do_first('app')}")
    return _stored(environment, put_notify_app(target_of(environment), read_app_key(app_id, _required(key_file))))


@command(application, "deliver")
def deliver() -> dict[str, Any]:
    """Check, deploy and train the newest commit of main, as a push does. Nothing is trained twice for a commit."""
    repository_of(target_by_name("dev")).start_workflow(DELIVER)
    say(f"started: {DELIVER}")
    return {"workflow": DELIVER}


def _stored(environment: str, secret: str) -> dict[str, Any]:
    say(f"the notify function of {environment} uses it within a minute: {secret}")
    return {"environment": environment, "secret": secret}


def _undeployed(settings: Settings) -> tuple[str, ...]:
    """Return the environments without stacks. Environments without credentials count as deployed."""
    from sagemaker_mlops.delivery.first_contact.aws_facts import facts_of_all

    seen = facts_of_all([target_by_name(name, settings) for name in settings.environments])
    return tuple(one.facts.name for one in seen if one.facts.facts["deploy"].state == "missing")


def _settings_and_client() -> tuple[Settings, GitHubClient]:
    settings = target_by_name("dev").settings
    return settings, github_client(settings.github)


def _required(key_file: Path | None) -> Path:
    if key_file is None:
        raise DeliveryError(f"expected the file of the App's private key in KEY_FILE, found none. {do_first('app')}")
    return key_file


def _set_up(steps: list[Step], *, apply: bool) -> Result:
    results = []
    for result in set_up(steps, apply=apply):
        say(str(result))
        results.append(result)
    if not apply:
        say("nothing was changed; to change it, repeat the command with --apply")
    document = {"applied": apply, "steps": [{"name": one.name, "outcome": one.outcome} for one in results]}
    return Result(document, 1 if any(one.is_missing for one in results) else 0)
