"""Differences between git, stack, endpoint and registry about the served version, and their fixes.

The functions are pure; `reconcile` reads the state and starts the workflows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.delivery.gitops.decision import TESTED_IN, failed_last, number_of
from sagemaker_mlops.delivery.registry import NONE, ModelVersion, champion_of
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, ServingState

Action = Literal["release", "promote", "look"]


@dataclass(frozen=True)
class DeploymentState:
    """Deployment state of one environment.

    Attributes:
        environment: Name of the environment.
        recorded_arn: ARN that git records, or `none`.
        state: Served version, and the parameters of the serving stack.
        versions: Every version in the registry.
    """

    environment: str
    recorded_arn: str
    state: ServingState
    versions: Sequence[ModelVersion]

    @property
    def stamped_arn(self) -> str:
        """ARN of the newest release that is recorded in the registry, or `none`."""
        champion = champion_of(list(self.versions), self.environment)
        return champion.arn if champion else NONE

    def version(self, arn: str) -> ModelVersion | None:
        """Return the version with an ARN; None if the registry does not have it."""
        return next((one for one in self.versions if one.arn == arn), None)

    @property
    def newest_approved(self) -> ModelVersion | None:
        """The newest approved version; None if none is approved."""
        approved = [one for one in self.versions if one.approval == "Approved"]
        return max(approved, key=lambda one: one.number, default=None)


@dataclass(frozen=True)
class Difference:
    """A difference and its fix: `reconcile` starts a release or a promotion; a person must handle `look`."""

    text: str
    action: Action
    arn: str = ""


def differences(deployment: DeploymentState, proposed: bool, open_proposals: Collection[int] = ()) -> list[Difference]:
    """Return every difference between git, the stack, the endpoint and the registry.

    Args:
        deployment: Deployment state of the environment.
        proposed: True if a pull request proposes, or proposed, the newest approved version.
        open_proposals: Version numbers of the open pull requests that propose a version.
    """
    found = [_approval(deployment), _release(deployment), _proposal(deployment, proposed)]
    rejected = [one for one in deployment.versions if one.number in open_proposals and one.approval == "Rejected"]
    return [
        *(difference for difference in found if difference),
        *(Difference(f"version {one.number} is rejected, but proposed", "promote", one.arn) for one in rejected),
    ]


def _approval(deployment: DeploymentState) -> Difference | None:
    recorded = deployment.version(deployment.recorded_arn)
    if deployment.recorded_arn == NONE:
        return None
    if recorded is None:
        return Difference(
            f"git names {deployment.recorded_arn}, which the registry does not have; correct the file", "look"
        )
    if recorded.approval == "Rejected":
        return Difference(f"git names version {recorded.number}, which is rejected", "promote", recorded.arn)
    if recorded.approval != "Approved":
        return Difference(
            f"git names version {recorded.number}, which is {recorded.approval}: mlops approve {recorded.arn}",
            "look",
        )
    return None


def _release(deployment: DeploymentState) -> Difference | None:
    recorded, state, environment = deployment.version(deployment.recorded_arn), deployment.state, deployment.environment
    release = f"mlops release -e {environment}"
    if recorded is None:
        if deployment.recorded_arn == NONE and state.served_arn:
            return Difference(
                f"git names no version, but {_named(state.served_arn)} serves; write it into the file", "look"
            )
        return None
    if recorded.approval != "Approved":
        return None
    if failed_last(recorded, environment):
        reason = recorded.metadata.get(f"failed_{environment}_reason", "")
        return Difference(
            f"the release of version {recorded.number} failed ({reason}); merge the pull request that reverts it, or "
            f"try again: {release}",
            "look",
        )
    if state.served_arn != recorded.arn:
        return Difference(
            f"git names version {recorded.number}, but {_named(state.served_arn)} serves: {release}", "release"
        )
    if not state.is_settled(recorded.arn):
        return Difference(
            f"version {recorded.number} serves, but the stack's parameter names another version: {release}", "release"
        )
    if deployment.stamped_arn != recorded.arn:
        return Difference(f"version {recorded.number} serves, but its release was never verified: {release}", "release")
    return None


def _proposal(deployment: DeploymentState, proposed: bool) -> Difference | None:
    newest = deployment.newest_approved
    if newest is None or newest.number <= number_of(deployment.recorded_arn) or proposed:
        return None
    if failed_last(newest, TESTED_IN):
        reason = newest.metadata.get(f"failed_{TESTED_IN}_reason", "")
        return Difference(
            f"version {newest.number} is approved, but failed in {TESTED_IN} ({reason}): reject it or promote again",
            "look",
        )
    return Difference(f"version {newest.number} is approved, but no pull request proposes it", "promote", newest.arn)


def _named(arn: str | None) -> str:
    if arn in (None, "", NONE):
        return "nothing"
    return "something unknown" if arn == UNKNOWN else f"version {number_of(str(arn))}"


def rows(deployment: DeploymentState) -> list[tuple[str, str]]:
    """Return the deployment state as rows of a table: the source and the version that it names."""
    state, served = deployment.state, deployment.version(str(deployment.state.served_arn))
    newest = deployment.newest_approved
    return [
        ("git", _named(deployment.recorded_arn)),
        ("stack", _named(state.parameter)),
        ("endpoint", _named(state.served_arn)),
        ("registry: released", _named(deployment.stamped_arn)),
        ("registry: what serves is", served.approval if served else "unknown" if state.served_arn else "none"),
        ("registry: newest approved", f"version {newest.number}" if newest else "none"),
    ]
