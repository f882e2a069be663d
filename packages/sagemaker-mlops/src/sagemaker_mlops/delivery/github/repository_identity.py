"""Ids of the repository and its owner in OpenID Connect tokens, which the trust policies in AWS check."""

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
    """Numeric ids that do not change when a repository or its owner is renamed, and that are never reused."""

    owner_id: int
    repository_id: int
    is_of_organization: bool

    def is_known(self, settings: GitHub) -> bool:
        """Return True if the settings contain these ids."""
        return (settings.owner_id, settings.repository_id) == (self.owner_id, self.repository_id)


def repository_identity(client: GitHubClient) -> RepositoryIdentity:
    """Return the ids from GitHub. Raise DeliveryError if the repository does not exist.

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
    """Return the step that writes the ids into the environments file; the roles must then be deployed again."""
    values = {"owner_id": identity.owner_id, "repository_id": identity.repository_id}
    return Step(
        f"owner_id {identity.owner_id} and repository_id {identity.repository_id} in {file.name}",
        lambda: identity.is_known(settings),
        lambda: write_github_values(file, values),
        after="Commit the file, and deploy every environment again, so that its roles trust these ids",
        is_required=True,
    )


def subject_step(client: GitHubClient, identity: RepositoryIdentity) -> Step:
    """Return the step that includes the ids in the subjects of the repository's OpenID Connect tokens.

    New repositories have such subjects by default; repositories created before 2026-07-15 have to opt in.
    `sub_claim_prefix` is the prefix that GitHub puts into the tokens.

    Sources: https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/ and
    https://docs.github.com/rest/actions/oidc (use_immutable_subject). `sub_claim_prefix` is taken from responses that
    public repositories quote.
    """
    return Step(
        "OpenID Connect subjects with the ids of owner and repository",
        lambda: has_immutable_subject(client.find(SUBJECT_PATH), identity),
        lambda: client.request("PUT", SUBJECT_PATH, {"use_default": True, "use_immutable_subject": True}),
        "The roles in AWS trust only subjects with ids. Let an administrator switch them on: Settings, Actions, OIDC",
        is_required=True,
    )


def has_immutable_subject(found: Mapping[str, Any] | None, identity: RepositoryIdentity) -> bool:
    """Return True if the repository's tokens have the default subject with the ids.

    Args:
        found: Response of SUBJECT_PATH; None if there is none.
        identity: Ids that the subject must contain.
    """
    if not found or not found.get("use_default", True):
        return False
    prefix = str(found.get("sub_claim_prefix") or "")
    if prefix:
        owner, _, repository = prefix.partition("/")
        return owner.endswith(f"@{identity.owner_id}") and repository.endswith(f"@{identity.repository_id}")
    return bool(found.get("use_immutable_subject"))
