"""The commands that connect the project with GitHub, once; they need an administrator's token."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sagemaker_mlops.delivery.command_line import EnvironmentOption, console, target_of
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.github.app import find_installation, read_app_key
from sagemaker_mlops.delivery.github.client import GitHubClient, github_client
from sagemaker_mlops.delivery.github.repository_identity import identity_step, repository_identity
from sagemaker_mlops.delivery.github.setup_step import Step, set_up
from sagemaker_mlops.delivery.gitops.notify_secret import put_notify_app, put_notify_token
from sagemaker_mlops.delivery.target import target_of as target_by_name
from sagemaker_mlops.environments.settings import Settings, settings_file

setup = typer.Typer()
AppIdOption = Annotated[str, typer.Option(help="the GitHub App's client id, or its number")]
KeyFileOption = Annotated[Path | None, typer.Option(help="file with the App's private key, as GitHub gave it")]
ApplyOption = Annotated[bool, typer.Option(help="make what is missing; without it nothing is changed")]


@setup.command("notify-token")
def notify_token(environment: EnvironmentOption = "dev") -> None:
    """Give notify the token of GITHUB_TOKEN, so that approvals and alarms of an environment start workflows."""
    name = put_notify_token(target_of(environment), os.environ.get("GITHUB_TOKEN", ""))
    _say(f"notify of {environment} uses it within a minute: {name}")


@setup.command("notify-app")
def notify_app(app_id: AppIdOption, key_file: KeyFileOption, environment: EnvironmentOption = "dev") -> None:
    """Give notify the App's id and private key, with which it makes a token for every start of a workflow."""
    name = put_notify_app(target_of(environment), read_app_key(app_id, _given(key_file)))
    _say(f"notify of {environment} uses it within a minute: {name}")


@setup.command("github-ids")
def github_ids(apply: ApplyOption = False) -> None:
    """Write the ids of the repository and its owner into the environments file; the AWS roles trust them."""
    settings, client = _settings_and_client()
    _run([identity_step(repository_identity(client), settings.github, settings_file())], apply=apply)


@setup.command("github-setup")
def github_setup(
    apply: ApplyOption = False,
    connected: Annotated[bool, typer.Option(help="the AWS accounts are deployed: workflows may go there")] = False,
    reviews: Annotated[int, typer.Option(min=0, max=6, help="approvals that a pull request into main needs")] = 1,
    app_id: AppIdOption = "",
    key_file: KeyFileOption = None,
    unprotected: Annotated[
        bool, typer.Option(help="whoever may push to main may deploy (plans without rules)")
    ] = False,
) -> None:
    """Set GitHub up: ids, environments, protection of main, then what connects it.

    Exit code 1: GitHub refused something, and what depends on it was not done.
    """
    from sagemaker_mlops.delivery.github.setup import TOKEN_SECRET, Wanted, steps_of

    settings, client = _settings_and_client()
    key = read_app_key(app_id, _given(key_file)) if app_id or key_file else None
    app = (key, find_installation(client, key)) if key else None
    token = os.environ.get(TOKEN_SECRET, "")
    undeployed = _undeployed(settings) if connected else ()
    wanted = Wanted(connected, reviews, token, app, unprotected, undeployed)
    _run(steps_of(client, settings, settings_file(), repository_identity(client), wanted), apply=apply)


def _undeployed(settings: Settings) -> tuple[str, ...]:
    """Return the environments without stacks; those whose account nobody has credentials for are taken for deployed."""
    from sagemaker_mlops.delivery.first_contact.aws_facts import look_at_all

    seen = look_at_all([target_by_name(name, settings) for name in settings.environments])
    return tuple(one.facts.name for one in seen if one.facts.facts["deploy"].state == "missing")


def _settings_and_client() -> tuple[Settings, GitHubClient]:
    settings = target_by_name("dev").settings
    return settings, github_client(settings.github)


def _given(key_file: Path | None) -> Path:
    if key_file is None:
        raise DeliveryError(f"expected the file of the App's private key in KEY_FILE, found none. {do_first('app')}")
    return key_file


def _run(steps: list[Step], *, apply: bool) -> None:
    is_missing = False
    for result in set_up(steps, apply=apply):
        _say(str(result))
        is_missing = is_missing or result.is_missing
    if not apply:
        _say("nothing was changed; to do it, repeat the command with APPLY=1")
    if is_missing:
        raise typer.Exit(1)


def _say(text: str) -> None:
    console.print(text, markup=False)
