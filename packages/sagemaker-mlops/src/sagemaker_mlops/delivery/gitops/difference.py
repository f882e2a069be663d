"""What git, the stack, the endpoint and the registry say about what serves, and how to settle a difference. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sagemaker_mlops.delivery.gitops.decision import TESTED_IN, failed_last, number_of
from sagemaker_mlops.delivery.registry import NONE, ModelVersion, champion_of
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, ServingState

Action = Literal["release", "promote", "look"]


@dataclass(frozen=True)
class Places:
    """What each place says about one environment."""

    environment: str
    recorded_arn: str
    state: ServingState
    versions: Sequence[ModelVersion]

    @property
    def stamped_arn(self) -> str:
        """The version that the newest verified release stamped in the registry."""
        champion = champion_of(list(self.versions), self.environment)
        return champion.arn if champion else NONE

    def version(self, arn: str) -> ModelVersion | None:
        """The version of an ARN, if the registry has it."""
        return next((one for one in self.versions if one.arn == arn), None)

    @property
    def newest_approved(self) -> ModelVersion | None:
        """The newest version that is approved."""
        approved = [one for one in self.versions if one.approval == "Approved"]
        return max(approved, key=lambda one: one.number, default=None)


@dataclass(frozen=True)
class Difference:
    """Something that does not fit, what settles it, and who does: reconcile does it unless somebody must look."""

    text: str
    action: Action
    arn: str = ""


def differences(places: Places, proposed: bool, open_proposals: Collection[int] = ()) -> list[Difference]:
    """Everything that does not fit.

    Args:
        places: what each place says.
        proposed: whether the newest approved version has, or had, its request on GitHub.
        open_proposals: numbers of the versions whose requests are open.
    """
    found = [_approval(places), _release(places), _proposal(places, proposed)]
    rejected = [one for one in places.versions if one.number in open_proposals and one.approval == "Rejected"]
    return [
        *(difference for difference in found if difference),
        *(Difference(f"version {one.number} is rejected, but proposed", "promote", one.arn) for one in rejected),
    ]


def _approval(places: Places) -> Difference | None:
    recorded = places.version(places.recorded_arn)
    if places.recorded_arn == NONE:
        return None
    if recorded is None:
        return Difference(
            f"git names {places.recorded_arn}, which the registry does not have; correct the file", "look"
        )
    if recorded.approval == "Rejected":
        return Difference(f"git names version {recorded.number}, which is rejected", "promote", recorded.arn)
    if recorded.approval != "Approved":
        return Difference(
            f"git names version {recorded.number}, which is {recorded.approval}: make approve ARN={recorded.arn}",
            "look",
        )
    return None


def _release(places: Places) -> Difference | None:
    recorded, state, environment = places.version(places.recorded_arn), places.state, places.environment
    release = f"make release ENV={environment}"
    if recorded is None:
        if places.recorded_arn == NONE and state.served_arn:
            return Difference(
                f"git names no version, but {_named(state.served_arn)} serves; write it into the file", "look"
            )
        return None
    if recorded.approval != "Approved":
        return None
    if failed_last(recorded, environment):
        reason = recorded.metadata.get(f"failed_{environment}_reason", "")
        return Difference(
            f"the release of version {recorded.number} failed ({reason}); merge the request that takes it back, or try "
            f"again: {release}",
            "look",
        )
    if state.served_arn != recorded.arn:
        return Difference(
            f"git names version {recorded.number}, but {_named(state.served_arn)} serves: {release}", "release"
        )
    if not state.is_settled(recorded.arn):
        return Difference(f"version {recorded.number} serves, but its stack says something else: {release}", "release")
    if places.stamped_arn != recorded.arn:
        return Difference(f"version {recorded.number} serves, but its release was never verified: {release}", "release")
    return None


def _proposal(places: Places, proposed: bool) -> Difference | None:
    newest = places.newest_approved
    if newest is None or newest.number <= number_of(places.recorded_arn) or proposed:
        return None
    if failed_last(newest, TESTED_IN):
        reason = newest.metadata.get(f"failed_{TESTED_IN}_reason", "")
        return Difference(
            f"version {newest.number} is approved, but failed in {TESTED_IN} ({reason}): reject it or promote again",
            "look",
        )
    return Difference(f"version {newest.number} is approved, but nobody has proposed it", "promote", newest.arn)


def _named(arn: str | None) -> str:
    if arn in (None, "", NONE):
        return "nothing"
    return "something unknown" if arn == UNKNOWN else f"version {number_of(str(arn))}"


def rows(places: Places) -> list[tuple[str, str]]:
    """What each place says, for a table."""
    state, served = places.state, places.version(str(places.state.served_arn))
    newest = places.newest_approved
    return [
        ("git", _named(places.recorded_arn)),
        ("stack", _named(state.parameter)),
        ("endpoint", _named(state.served_arn)),
        ("registry: released", _named(places.stamped_arn)),
        ("registry: what serves is", served.approval if served else "unknown" if state.served_arn else "none"),
        ("registry: newest approved", f"version {newest.number}" if newest else "none"),
    ]
