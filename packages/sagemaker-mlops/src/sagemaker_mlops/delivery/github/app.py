"""GitHub App of the team: its key, its installation in the repository and its permissions."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.github.client import GitHubClient, GitHubError
from sagemaker_mlops.delivery.github.setup_step import NotPossible, Step
from sagemaker_mlops.events.shared.app_jwt import KeyUnreadable, app_jwt

# Permissions that the workflows and the notify function need.
PERMISSIONS = {
    "actions": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "pull_requests": "write",
}


@dataclass(frozen=True)
class AppKey:
    """Client id (or App id) and private key of the App."""

    app_id: str
    private_key: str


@dataclass(frozen=True)
class Installation:
    """Installation of the App in the repository."""

    slug: str
    permissions: Mapping[str, str]

    @property
    def login(self) -> str:
        """Login of the account that the App's tokens act as."""
        return f"{self.slug}[bot]"

    @property
    def missing(self) -> list[str]:
        """Permissions that the workflows need and the installation lacks."""
        return [name for name, level in PERMISSIONS.items() if self.permissions.get(name) != level]


def read_app_key(app_id: str, key_file: Path) -> AppKey:
    """Read the private key that was downloaded from the App's page on GitHub.

    Args:
        app_id: Client id of the App, or its numeric App id.
        key_file: PEM file.

    Raises:
        DeliveryError: The id is empty, or the file is missing or has no usable key.
    """
    if not app_id.strip():
        raise DeliveryError(f"expected the App's client id in APP_ID, found none. {do_first('app')}")
    try:
        key = AppKey(app_id.strip(), key_file.read_text(encoding="utf-8"))
        app_jwt(key.app_id, key.private_key, time.time())
    except OSError as error:
        raise DeliveryError(
            f"expected the App's private key in {key_file}: {error.strerror}. {do_first('app')}"
        ) from None
    except (KeyUnreadable, UnicodeDecodeError) as error:
        raise DeliveryError(f"{key_file}: {error}") from None
    return key


def find_installation(client: GitHubClient, key: AppKey) -> Installation:
    """Return the App's installation. Raise DeliveryError if it is not installed or the key is not the App's.

    Source: https://docs.github.com/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app
    """
    as_app = replace(client, token=app_jwt(key.app_id, key.private_key, time.time()))
    try:
        found = as_app.request("GET", "/installation")
    except GitHubError as error:
        place = f"{client.owner}/{client.repository}"
        raise DeliveryError(
            f"expected App {key.app_id}, with this key, installed in {place}: {error}. "
            f"Compare id and key with the App's page on GitHub. {do_first('app')}"
        ) from None
    return Installation(str(found["app_slug"]), dict(found["permissions"]))


def permission_step(installation: Installation) -> Step:
    """Return the step that checks the App's permissions, which only its owner can change on GitHub."""

    def refuse() -> None:
        raise NotPossible(
            f"Expected read and write for {', '.join(installation.missing)}, found less. Change it on the App's page, "
            "Permissions & events, and accept the change where it is installed"
        )

    name = f"App {installation.slug} may write {', '.join(PERMISSIONS)}"
    return Step(name, lambda: not installation.missing, refuse, is_required=True)
