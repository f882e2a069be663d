"""Release of a version: check it, shift the traffic under the guard alarms, verify, test and record it."""

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
from sagemaker_mlops.delivery.monitors.watch import enable_monitoring
from sagemaker_mlops.delivery.registry import (
    ModelVersion,
    champion_of,
    list_versions,
    stamp_failure,
    stamp_release,
    version_number,
)
from sagemaker_mlops.delivery.releases.endpoint_failure import failure_cause
from sagemaker_mlops.delivery.releases.preconditions import check_release, releasable_version
from sagemaker_mlops.delivery.releases.rollout_view import RolloutView
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, ServingState, served_version, serving_state
from sagemaker_mlops.delivery.releases.smoke_records import read_smoke_records
from sagemaker_mlops.delivery.releases.smoke_test import smoke_test
from sagemaker_mlops.delivery.stacks.change_set import ChangeSet, ProgressUnavailable, StackRolledBack
from sagemaker_mlops.delivery.stacks.state import RECOVERY_COMMANDS, check_changeable
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import GUARDS_PARAMETER, PACKAGE_PARAMETER, SHADOW_PARAMETER
from sagemaker_mlops.environments.operations import load_operations
from sagemaker_mlops.environments.rollout import TrafficPlan, plan_traffic
from sagemaker_mlops.environments.settings import SettingsError

CLEAN_ROLLBACKS = ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")


@dataclass(frozen=True)
class Release:
    """Outcome of a release."""

    version: ModelVersion
    endpoint: str
    changed: bool
    is_monitored: bool  # False if the monitors could not be enabled


class Releaser:
    """Releaser of versions to one environment, which prints its progress."""

    def __init__(self, target: Target, console: Console) -> None:
        self.target, self.console = target, console

    def tell(self, text: str) -> None:
        """Print a progress message."""
        self.console.print(text, markup=False)

    def serves(self) -> bool:
        """Return True if the endpoint serves a version."""
        return served_version(self.target) is not None

    def is_rollback_to(self, arn: str) -> bool:
        """Return True if a version is older than the served one."""
        number, served = arn.rsplit("/", 1)[-1], serving_state(self.target).served_or_configured_arn
        return bool(served) and number.isdecimal() and int(number) < version_number(served)

    def release(self, arn: str, *, rollback: bool = False) -> Release:
        """Release an approved version. The call is idempotent: repeating a finished release changes nothing.

        Args:
            arn: Model package ARN.
            rollback: Allow a version that is older than the served one, and ignore the guard alarms.

        Raises:
            ReleaseRefused: A precondition is not met, or the update could not start; nothing was changed.
            ReleaseRolledBack: The update failed and the endpoint serves the previous version again.
            ReleaseNotVerified: The endpoint does not serve the version after the update.
            SmokeTestFailed: The predictions or the latency of the endpoint differ from the evaluation.
            ProgressUnavailable: The progress of the update could not be read.
        """
        version = releasable_version(self.target, arn)
        state = serving_state(self.target)
        before = state.served_or_configured_arn
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
        is_monitored = enable_monitoring(self.target, version, self.tell)
        return Release(version, self.target.names.endpoint, changed, is_monitored)

    def change(self, title: str, parameters: dict[str, str], *, guarded: bool = True) -> None:
        """Change parameters of the serving stack and follow the update until it ends.

        Args:
            title: Progress message that describes the change.
            parameters: New values by parameter name; the other parameters keep their values.
            guarded: Let the guard alarms roll the change back. False for a rollback, which must work while they fire.

        Raises:
            ReleaseRefused: Nothing was changed.
            StackRolledBack: The change failed and was rolled back.
            ProgressUnavailable: The progress of the change could not be read.
        """
        change_set = ChangeSet(self.target, self.target.names.stack("serving"))
        wanted = {**parameters, GUARDS_PARAMETER: "on" if guarded else "off"}
        view = RolloutView(self.target, _traffic(self.target), self.console)
        begin = time.time()
        try:
            if not change_set.create_with_parameters(wanted):
                return
            change_set.check_protected_resources(frozenset())
            # CloudFormation refuses the change, too, but in some states only after it has begun.
            check_changeable(self.target, "serving")
            self.tell(f"{self.target.names.endpoint}: {title}")
            with view.shown():
                change_set.execute(self.tell, view.look)
        except StackRolledBack as error:
            if cause := failure_cause(self.target, str(error), begin):
                self.tell(cause)
            raise
        except ProgressUnavailable:
            raise
        except DeliveryError as error:
            raise ReleaseRefused(str(error)) from None

    def _move(self, version: ModelVersion, state: ServingState, *, guarded: bool) -> None:
        if state.parameter == version.arn and state.served_arn not in (None, UNKNOWN, version.arn):
            # SageMaker rolled back and CloudFormation did not notice. First set the stack's parameter to the version
            # that serves; otherwise the stack has no change to make.
            self.change(
                "updating the stack's parameter to the served version",
                {PACKAGE_PARAMETER: str(state.served_arn), SHADOW_PARAMETER: ""},
            )
        place = (
            f" in the place of version {version_number(state.served_or_configured_arn)}"
            if state.served_arn
            else ", the first one: there is no other to compare it with, so all the traffic is its at once"
        )
        title = f"releasing version {version.number}{place}"
        try:
            self.change(title, {PACKAGE_PARAMETER: version.arn, SHADOW_PARAMETER: ""}, guarded=guarded)
        except StackRolledBack as error:
            stamp_failure(self.target, version, str(error))
            raise self._rollback_error(state, error) from None
        served = served_version(self.target)
        if served != version.arn:
            # SageMaker reports an endpoint that it rolled back as InService, so CloudFormation may report success.
            stamp_failure(self.target, version, "rolled back silently")
            raise ReleaseNotVerified(
                f"{self.target.names.endpoint} was to serve {version.arn}, but serves {served}: the update was rolled "
                "back, and no error was reported. See the endpoint's events and logs, then release again"
            )

    def _rollback_error(self, state: ServingState, error: StackRolledBack) -> DeliveryError:
        """Return the error for a failed update, depending on the version that the endpoint serves now."""
        endpoint, served = self.target.names.endpoint, served_version(self.target)
        if served == state.served_arn and error.status in CLEAN_ROLLBACKS:
            now = f"serves version {version_number(served)}, as before" if served else "does not serve, as before"
            return ReleaseRolledBack(f"{endpoint} {now}. {error}")
        advice = RECOVERY_COMMANDS.get(error.status, "see its events").format(
            stack=self.target.names.stack("serving"), environment=self.target.name
        )
        return ReleaseNotVerified(f"{endpoint} serves {served or 'nothing'} now. {error}; {advice}")

    def _test(self, version: ModelVersion, before: str) -> None:
        contract: Contract = load_contract()
        try:
            said = smoke_test(self.target, read_smoke_records(self.target, version), str(version.number), contract)
        except SmokeTestFailed as error:
            stamp_failure(self.target, version, f"smoke test: {error}")
            raise SmokeTestFailed(f"{error}. {self._roll_back(version, before)}") from None
        self.tell(f"{self.target.names.endpoint}: {said}")

    def _roll_back(self, version: ModelVersion, before: str) -> str:
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
