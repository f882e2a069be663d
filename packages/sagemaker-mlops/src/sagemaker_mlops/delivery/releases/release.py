"""Release a version: check it, move the traffic under the guard alarms, verify, test, record. Safe to repeat."""

import time
from dataclasses import dataclass

from rich.console import Console

from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.delivery.errors import (
    DeliveryError,
    ReleaseNotVerified,
    ReleaseRefused,
    ReleaseRolledBack,
    SmokeTestFailed,
)
from sagemaker_mlops.delivery.monitors.watch import watch_endpoint
from sagemaker_mlops.delivery.registry import ModelVersion, champion_of, list_versions, stamp_failure, stamp_release
from sagemaker_mlops.delivery.releases.endpoint_failure import failure_cause
from sagemaker_mlops.delivery.releases.preconditions import check_release, releasable_version, version_number
from sagemaker_mlops.delivery.releases.rollout_view import RolloutView
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, ServingState, served_version, serving_state
from sagemaker_mlops.delivery.releases.smoke_records import read_smoke_records
from sagemaker_mlops.delivery.releases.smoke_test import smoke_test
from sagemaker_mlops.delivery.stacks.change_set import ChangeNotFollowed, ChangeSet, StackRolledBack
from sagemaker_mlops.delivery.stacks.state import MENDS, check_changeable
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import GUARDS_PARAMETER, PACKAGE_PARAMETER, SHADOW_PARAMETER
from sagemaker_mlops.environments.operations import load_operations
from sagemaker_mlops.environments.rollout import TrafficPlan, plan_traffic
from sagemaker_mlops.environments.settings import SettingsError

CLEAN_ROLLBACKS = ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")


@dataclass(frozen=True)
class Release:
    """The outcome of a release."""

    version: ModelVersion
    endpoint: str
    changed: bool
    is_watched: bool  # or its monitors could not be switched on


class Releaser:
    """Releases versions to one environment, and tells what it does."""

    def __init__(self, target: Target, console: Console) -> None:
        self.target, self.console = target, console

    def tell(self, text: str) -> None:
        """Tell of progress."""
        self.console.print(text, markup=False)

    def serves(self) -> bool:
        """Whether there is a version that serves."""
        return served_version(self.target) is not None

    def goes_back_to(self, arn: str) -> bool:
        """Whether a version is older than the one that serves."""
        number, served = arn.rsplit("/", 1)[-1], serving_state(self.target).meant_arn
        return bool(served) and number.isdecimal() and int(number) < version_number(served)

    def release(self, arn: str, *, rollback: bool = False) -> Release:
        """Let an approved version serve. The same version again changes and writes nothing.

        Raises ReleaseRefused, ReleaseRolledBack, ReleaseNotVerified or SmokeTestFailed.
        """
        version = releasable_version(self.target, arn)
        state = serving_state(self.target)
        before = state.meant_arn
        if state.is_settled(arn):
            champion = champion_of(list_versions(self.target), self.target.name)
            if champion == version:
                return self._watched(version, changed=False)
            self.tell(f"{self.target.names.endpoint}: serves it, but its release was interrupted before it was tested")
            before = champion.arn if champion else ""
        else:
            check_release(self.target, version, state, rollback=rollback)
            self._move(version, state, guarded=not rollback)
        self._test(version, before)
        stamp_release(self.target, version)
        return self._watched(version, changed=True)

    def _watched(self, version: ModelVersion, *, changed: bool) -> Release:
        is_watched = watch_endpoint(self.target, version, self.tell)
        return Release(version, self.target.names.endpoint, changed, is_watched)

    def change(self, title: str, parameters: dict[str, str], *, guarded: bool = True) -> None:
        """Change parameters of the serving stack and follow.

        `guarded`: whether the guard alarms may roll the change back; going back must work while one fires.

        Raises ReleaseRefused if nothing was changed, StackRolledBack if it was given back, ChangeNotFollowed if nobody
        knows.
        """
        change_set = ChangeSet(self.target, self.target.names.stack("serving"))
        wanted = {**parameters, GUARDS_PARAMETER: "on" if guarded else "off"}
        view = RolloutView(self.target, _traffic(self.target), self.console)
        begin = time.time()
        try:
            if not change_set.create_with_parameters(wanted):
                return
            change_set.refuse_dangers(frozenset())
            check_changeable(self.target, "serving")  # CloudFormation refuses, too, but not everywhere in time
            self.tell(f"{self.target.names.endpoint}: {title}")
            with view.shown():
                change_set.execute(self.tell, view.look)
        except StackRolledBack as error:
            if cause := failure_cause(self.target, str(error), begin):
                self.tell(cause)
            raise
        except ChangeNotFollowed:
            raise
        except DeliveryError as error:
            raise ReleaseRefused(str(error)) from None

    def _move(self, version: ModelVersion, state: ServingState, *, guarded: bool) -> None:
        if state.parameter == version.arn and state.served_arn not in (None, UNKNOWN, version.arn):
            # A rollback that CloudFormation did not notice: first it must learn what serves, or nothing would change.
            self.change(
                "telling the stack what serves", {PACKAGE_PARAMETER: str(state.served_arn), SHADOW_PARAMETER: ""}
            )
        place = (
            f" in the place of version {version_number(state.meant_arn)}"
            if state.served_arn
            else ", the first one: there is no other to compare it with, so all the traffic is its at once"
        )
        title = f"releasing version {version.number}{place}"
        try:
            self.change(title, {PACKAGE_PARAMETER: version.arn, SHADOW_PARAMETER: ""}, guarded=guarded)
        except StackRolledBack as error:
            stamp_failure(self.target, version, str(error))
            raise self._given_back(state, error) from None
        served = served_version(self.target)
        if served != version.arn:
            # SageMaker calls an endpoint that it rolled back InService, and so might CloudFormation.
            stamp_failure(self.target, version, "rolled back silently")
            raise ReleaseNotVerified(
                f"{self.target.names.endpoint} was to serve {version.arn}, but serves {served}: the update was rolled "
                "back, and nobody said so. See the endpoint's events and logs, then release again"
            )

    def _given_back(self, state: ServingState, error: StackRolledBack) -> DeliveryError:
        """What became of it, in the words of what serves now."""
        endpoint, served = self.target.names.endpoint, served_version(self.target)
        if served == state.served_arn and error.status in CLEAN_ROLLBACKS:
            now = f"serves version {version_number(served)}, as before" if served else "does not serve, as before"
            return ReleaseRolledBack(f"{endpoint} {now}. {error}")
        advice = MENDS.get(error.status, "see its events").format(
            stack=self.target.names.stack("serving"), environment=self.target.name
        )
        return ReleaseNotVerified(f"{endpoint} serves {served or 'nothing'} now. {error}; {advice}")

    def _test(self, version: ModelVersion, before: str) -> None:
        contract: Contract = load_contract()
        try:
            said = smoke_test(self.target, read_smoke_records(self.target, version), str(version.number), contract)
        except SmokeTestFailed as error:
            stamp_failure(self.target, version, f"smoke test: {error}")
            raise SmokeTestFailed(f"{error}. {self._give_back(version, before)}") from None
        self.tell(f"{self.target.names.endpoint}: {said}")

    def _give_back(self, version: ModelVersion, before: str) -> str:
        if before in ("", version.arn):
            return "No other version served before, so this one goes on serving: release another soon"
        number = version_number(before)
        try:
            self.change(f"giving it back to version {number}", {PACKAGE_PARAMETER: before}, guarded=False)
        except DeliveryError as error:
            return f"Giving it back failed, too: {error}"
        return f"Version {number} serves again"


def _traffic(target: Target) -> TrafficPlan:
    try:
        return plan_traffic(target.name, target.environment, load_operations().rollout)
    except SettingsError as error:
        raise DeliveryError(str(error)) from None
