"""The ids of the repository and its owner, which its OpenID Connect tokens carry and the AWS roles trust."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.github.client import GitHubClient
from sagemaker_mlops.delivery.github.environments_file import write_github_values
from sagemaker_mlops.delivery.github.setup_step import Step
from sagemaker_mlops.environments.settings import GitHub

SUBJECT_PATH = "/actions/oidc/customization/sub"


@dataclass(frozen=True)
class RepositoryIdentity:
    """Numbers that stay when a repository or its owner is renamed, and are never given again."""

    owner_id: int
    repository_id: int
    is_of_organization: bool

    def is_known(self, settings: GitHub) -> bool:
        """Return whether the settings have these ids."""
        return (settings.owner_id, settings.repository_id) == (self.owner_id, self.repository_id)


def repository_identity(client: GitHubClient) -> RepositoryIdentity:
    """Read the ids from GitHub; raises DeliveryError if there is no such repository.

    Source: https://docs.github.com/rest/repos/repos#get-a-repository (id, owner.id, owner.type)
    """
    found = client.find("")
    if found is None:
        raise DeliveryError(
            f"expected the repository {client.owner}/{client.repository} on GitHub, found none that the token sees. "
            f"{do_first('repository')} of somebody who may see it"
        )
    owner = found["owner"]
    return RepositoryIdentity(int(owner["id"]), int(found["id"]), owner.get("type") == "Organization")


def identity_step(identity: RepositoryIdentity, settings: GitHub, file: Path) -> Step:
    """Return the step that writes the ids into the environments file; the roles must be deployed with them."""
    values = {"owner_id": identity.owner_id, "repository_id": identity.repository_id}
    return Step(
        f"owner_id {identity.owner_id} and repository_id {identity.repository_id} in {file.name}",
        lambda: identity.is_known(settings),
        lambda: write_github_values(file, values),
        after="Commit the file, and deploy every environment again, so that its roles trust these ids",
        is_required=True,
    )


def subject_step(client: GitHubClient, identity: RepositoryIdentity) -> Step:
    """Return the step that lets the repository's OpenID Connect subjects have the ids, as new repositories' do.

    Repositories created before 2026-07-15 have to opt in. `sub_claim_prefix` is what GitHub really puts into tokens.

    Sources: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/ and
    https://docs.github.com/rest/actions/oidc (use_immutable_subject). That the answer has `sub_claim_prefix` is taken
    from answers which public repositories quote.
    """
    return Step(
        "OpenID Connect subjects with the ids of owner and repository",
        lambda: has_immutable_subject(client.find(SUBJECT_PATH), identity),
        lambda: client.request("PUT", SUBJECT_PATH, {"use_default": True, "use_immutable_subject": True}),
        "The roles in AWS trust only subjects with ids. Let an administrator switch them on: Settings, Actions, OIDC",
        is_required=True,
    )


def has_immutable_subject(found: Mapping[str, Any] | None, identity: RepositoryIdentity) -> bool:
    """Return whether the repository's tokens present the default subject with ids."""
    if not found or not found.get("use_default", True):
        return False
    prefix = str(found.get("sub_claim_prefix") or "")
    if prefix:
        owner, _, repository = prefix.partition("/")
        return owner.endswith(f"@{identity.owner_id}") and repository.endswith(f"@{identity.repository_id}")
    return bool(found.get("use_immutable_subject"))
