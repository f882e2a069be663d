"""Decision about a version after a change of its approval status.

The functions are pure. An event only triggers the decision: the caller reads the state of the registry, git and GitHub
again, because events can be late, repeated or lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.delivery.github.repository import Pull
from sagemaker_mlops.delivery.registry import NONE, ModelVersion, released_key, version_number

Action = Literal["propose", "withdraw", "revert", "nothing"]
TESTED_IN = "staging"


@dataclass(frozen=True)
class Decision:
    """An action and the reason for it."""

    action: Action
    reason: str


def number_of(arn: str) -> int:
    """Return the version number of a model package ARN, or 0 if the ARN is empty or `none`."""
    return 0 if arn in ("", NONE) else version_number(arn)


def decide(
    version: ModelVersion,
    recorded_arn: str,
    versions: Sequence[ModelVersion],
    proposal: Pull | None,
    *,
    is_event: bool = True,
) -> Decision:
    """Decide whether to propose, withdraw or revert a version, or to do nothing.

    Args:
        version: The version, as the registry has it now.
        recorded_arn: ARN that git records for production, or `none`.
        versions: Every version in the registry.
        proposal: The newest pull request that proposes the version; None if there was none.
        is_event: True if an event started the promotion, False for a manual start. Recording a failure in the
            registry emits the approval event again, so an event does not retry a version that failed in staging:
            the retries would never end.
    """
    if version.approval == "Rejected":
        return _rejected(version, recorded_arn, proposal)
    if version.approval != "Approved":
        return Decision("nothing", f"version {version.number} is {version.approval} now")
    if recorded_arn == version.arn:
        return Decision("nothing", f"git records version {version.number} for production already")
    newest = max(one.number for one in (version, *versions) if one.approval == "Approved")
    if version.number < max(newest, number_of(recorded_arn)):
        return _older(version, number_of(recorded_arn), newest)
    if is_event and failed_last(version, TESTED_IN):
        reason = version.metadata.get(f"failed_{TESTED_IN}_reason", "")
        return Decision("nothing", f"version {version.number} failed in {TESTED_IN}: {reason}. Start promote by hand")
    if proposal is None or proposal.is_superseded:
        return Decision("propose", f"version {version.number} is approved")
    if proposal.is_open:
        return Decision("nothing", f"version {version.number} is proposed already: {proposal.url}")
    if proposal.is_merged:
        return Decision("nothing", f"version {version.number} was proposed, merged and taken back: {proposal.url}")
    return Decision(
        "nothing", f"the request for version {version.number} was closed; reopen it to go on: {proposal.url}"
    )


def _rejected(version: ModelVersion, recorded_arn: str, proposal: Pull | None) -> Decision:
    if recorded_arn == version.arn:
        return Decision("revert", f"version {version.number} is rejected, and git records it for production")
    if proposal and proposal.is_open:
        return Decision("withdraw", f"version {version.number} was rejected")
    return Decision("nothing", f"version {version.number} is rejected, and nobody proposes it")


def _older(version: ModelVersion, recorded: int, newest: int) -> Decision:
    other = (
        f"version {recorded}, which git records for production"
        if recorded > version.number
        else f"version {newest}, which is approved, too"
    )
    return Decision(
        "nothing",
        f"version {version.number} is older than {other}. To go back to it all the same, write it into "
        "deployments/production.yaml",
    )


def failed_last(version: ModelVersion, environment: str) -> bool:
    """Return True if the latest attempt to release a version to an environment, or to test it there, failed."""
    failed = version.metadata.get(f"failed_{environment}", "")
    return failed > version.metadata.get(released_key(environment), "")


def rollback_version(version: ModelVersion, versions: Sequence[ModelVersion], environment: str) -> ModelVersion | None:
    """Return the approved version, other than this one, that was released last; None if there is none."""
    key = released_key(environment)
    served = [one for one in versions if one.approval == "Approved" and key in one.metadata and one.arn != version.arn]
    return max(served, key=lambda one: one.metadata[key], default=None)
