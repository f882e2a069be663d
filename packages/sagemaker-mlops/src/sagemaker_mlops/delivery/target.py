"""Environment that a command works on, with its settings, resource names and AWS clients."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first, profile_name
from sagemaker_mlops.delivery.sessions import session_with
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.names import Names, names_of
from sagemaker_mlops.environments.settings import Settings, SettingsError, load_settings


@dataclass(frozen=True)
class Target:
    """An environment with its settings, resource names and AWS clients.

    Attributes:
        profile: AWS profile to use; empty for the credentials of the shell.
    """

    settings: Settings
    name: str
    environment: Environment
    names: Names
    profile: str = ""

    def client(self, service: str) -> Any:
        """Return a boto3 client for the environment's region; AWS_ENDPOINT_URL directs it to localcloud."""
        return _client(service, self.environment.region, self.profile)

    @property
    def poll_seconds(self) -> float:
        """Seconds between two status requests."""
        return self.settings.poll_seconds

    @property
    def registry(self) -> "Target":
        """The environment that holds the model registry."""
        return target_of(self.settings.registry_environment, self.settings)


@cache
def _client(service: str, region: str, profile: str) -> Any:
    config = Config(retries={"mode": "standard", "max_attempts": 4})
    return _session(profile).client(service, region_name=region, config=config)


@cache
def _session(profile: str) -> boto3.Session:
    return session_with(profile_name=profile or None)


def check_account(target: Target) -> None:
    """Raise DeliveryError if the credentials do not work or belong to another account."""
    account = target.environment.account
    try:
        found = target.client("sts").get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        raise DeliveryError(
            f"expected credentials of account {account} for {target.name}, found none that work: {error}. "
            f"{_choose_credentials(target)}"
        ) from None
    if found != account:
        raise DeliveryError(
            f"{target.name} is account {account}, but the credentials are of {found}. {_choose_credentials(target)}"
        )


def _choose_credentials(target: Target) -> str:
    profile = profile_name(target.settings.project, target.name)
    return (
        f"{do_first('credentials', target.name, target.settings.project)}, then: export AWS_PROFILE={profile}; "
        'on the laptop: mlops local up, then eval "$(mlops local env)"'
    )


def target_of(name: str, settings: Settings | None = None) -> Target:
    """Return an environment by name. Raise DeliveryError if it does not exist or the settings are invalid."""
    try:
        settings = settings or load_settings()
        return Target(settings, name, settings.environment(name), names_of(settings, name))
    except SettingsError as error:
        raise DeliveryError(f"environments file: {error}") from None
