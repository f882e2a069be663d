"""The environment that a command works on: its settings, names and AWS clients."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from delivery.errors import DeliveryError
from infra.environment import Environment
from infra.names import Names, names_of
from infra.settings import Settings, SettingsError, load_settings


@dataclass(frozen=True)
class Target:
    """One environment to work on."""

    settings: Settings
    name: str
    environment: Environment
    names: Names

    def client(self, service: str) -> Any:
        """A boto3 client for the environment's region. AWS_ENDPOINT_URL points it at a laptop."""
        return _client(service, self.environment.region)

    @property
    def registry(self) -> "Target":
        """The environment whose model registry this one uses."""
        return target_of(self.settings.registry_environment, self.settings)


@cache
def _client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, config=Config(retries={"mode": "standard", "max_attempts": 4}))


def check_account(target: Target) -> None:
    """Raise DeliveryError if the credentials are those of another account than the environment's."""
    found = target.client("sts").get_caller_identity()["Account"]
    if found != target.environment.account:
        raise DeliveryError(
            f"{target.name} is account {target.environment.account}, but the credentials are of {found}. "
            'Choose other credentials; on the laptop: make local-up, then eval "$(make -s local-env)"'
        )


def target_of(name: str, settings: Settings | None = None) -> Target:
    """Return an environment by name; raises DeliveryError if it or its settings are not usable."""
    try:
        settings = settings or load_settings()
        return Target(settings, name, settings.environment(name), names_of(settings, name))
    except SettingsError as error:
        raise DeliveryError(f"environments file: {error}") from None
