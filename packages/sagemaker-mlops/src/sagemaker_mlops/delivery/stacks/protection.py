"""Protection against removing or replacing the endpoint, or resources whose content cannot be recreated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

ENDPOINT = "AWS::SageMaker::Endpoint"
PROTECTED_TYPES = {
    ENDPOINT: "applications call it",
    "AWS::S3::Bucket": "it holds data",
    "AWS::KMS::Key": "data are encrypted with it",
    "AWS::DynamoDB::Table": "it holds the ledger",
    "AWS::SageMaker::ModelPackageGroup": "it holds the model's versions",
    "AWS::ECR::Repository": "it holds the images that serve",
    "AWS::IAM::OIDCProvider": "every workflow of the account comes in through it",
    "AWS::SecretsManager::Secret": "people filled it",
}
RECREATES = ("Always", "Conditionally")


@dataclass(frozen=True)
class ProtectedChange:
    """A protected resource and the change that a change set would make to it."""

    logical_id: str
    physical_id: str
    resource_type: str
    verb: str

    def __str__(self) -> str:
        why = PROTECTED_TYPES[self.resource_type]
        return f"{self.verb} {self.resource_type} {self.logical_id} ({self.physical_id}): {why}"


def protected_changes(
    changes: Iterable[Mapping[str, Any]], allowed: frozenset[str] = frozenset()
) -> list[ProtectedChange]:
    """Return the protected resources that a change set removes or replaces.

    Args:
        changes: `Changes` of CloudFormation's DescribeChangeSet.
        allowed: Logical or physical ids of resources to leave out.
    """
    found = []
    for change in (entry["ResourceChange"] for entry in changes if "ResourceChange" in entry):
        verb = _verb(change)
        danger = ProtectedChange(
            change["LogicalResourceId"], change.get("PhysicalResourceId", ""), change["ResourceType"], verb
        )
        named = {danger.logical_id, danger.physical_id} & allowed
        if verb and danger.resource_type in PROTECTED_TYPES and not named:
            found.append(danger)
    return found


def _verb(change: Mapping[str, Any]) -> str:
    if change["Action"] == "Remove":
        return "removes"
    if change["Action"] != "Modify":
        return ""
    if change.get("Replacement") == "True":
        return "replaces"
    details = change.get("Details", [])
    if change.get("Replacement") == "Conditional" and (not details or any(map(_may_recreate, details))):
        return "may replace"
    return ""


def _may_recreate(detail: Mapping[str, Any]) -> bool:
    """Return True if a detail says so, or does not say."""
    return detail.get("Target", {}).get("RequiresRecreation", "Conditionally") in RECREATES
