"""Release a version: check it, move the traffic under the guard alarms, verify, test, record. Safe to repeat."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console

from contract.contract import Contract, load_contract
from delivery.errors import DeliveryError, ReleaseNotVerified, ReleaseRefused, ReleaseRolledBack, SmokeTestFailed
from delivery.registry import NONE, ModelVersion, champion_of, list_versions, stamp_failure, stamp_release
from delivery.releases.preconditions import check_release, releasable_version, version_number
from delivery.releases.rollout_view import RolloutView
from delivery.releases.serving_state import PARAMETER, SHADOW_PARAMETER, ServingState, served_version, serving_state
from delivery.releases.smoke_records import read_smoke_records
from delivery.releases.smoke_test import smoke_test
from delivery.stacks.change_set import ChangeSet, StackRolledBack
from delivery.target import Target
from infra.rollout import TrafficPlan, plan_traffic
from infra.settings import SettingsError

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"


@dataclass(frozen=True)
class Release:
    """The outcome of a release."""

    version: ModelVersion
    endpoint: str
    changed: bool


def recorded_version(environment: str) -> str:
    """The version that git records for an environment; raises ReleaseRefused if it records none."""
    path = DEPLOYMENTS / f"{environment}.yaml"
    try:
        recorded = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (yaml.YAMLError, ValueError):
        raise ReleaseRefused(f"expected YAML in deployments/{path.name}, found something else") from None
    arn = str(recorded.get("model_package_arn", NONE)) if isinstance(recorded, dict) else NONE
    if arn == NONE:
        raise ReleaseRefused(
            f"expected a model version, found neither ARN=... nor one in deployments/{path.name}. See: make versions"
        )
    return arn


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

    def release(self, arn: str, *, rollback: bool = False) -> Release:
        """Let an approved version serve. The same version again changes and writes nothing.

        Raises ReleaseRefused, ReleaseRolledBack, ReleaseNotVerified or SmokeTestFailed.
        """
        version = releasable_version(self.target, arn)
        state = serving_state(self.target)
        endpoint = self.target.names.endpoint
        if state.is_settled(arn):
            if champion_of(list_versions(self.target), self.target.name) == version:
                return Release(version, endpoint, changed=False)
            self.tell(f"{endpoint}: serves it, but its release was interrupted before it was tested")
        else:
            check_release(self.target, version, state, rollback=rollback)
            self._move(version, state)
        self._test(version, state)
        stamp_release(self.target, version)
        return Release(version, endpoint, changed=True)

    def change(self, title: str, parameters: dict[str, str]) -> None:
        """Change parameters of the serving stack and follow; raises StackRolledBack or ReleaseRefused."""
        change_set = ChangeSet(self.target, self.target.names.stack("serving"))
        try:
            change_set.create_with_parameters(parameters)
            if not change_set.is_prepared():
                return
            change_set.refuse_dangers(frozenset())
        except DeliveryError as error:
            raise ReleaseRefused(str(error)) from None
        self.tell(f"{self.target.names.endpoint}: {title}")
        view = RolloutView(self.target, _traffic(self.target), self.console)
        with view.shown():
            change_set.execute(self.tell, view.look)

    def _move(self, version: ModelVersion, state: ServingState) -> None:
        title = f"releasing version {version.number}"
        title += (
            f" in the place of version {version_number(state.served_arn)}"
            if state.served_arn
            else (", the first one: there is no other to compare it with, so all the traffic is its at once")
        )
        try:
            self.change(title, {PARAMETER: version.arn, SHADOW_PARAMETER: ""})
        except StackRolledBack as error:
            self._record_failure(version, str(error))
            raise ReleaseRolledBack(f"{self._still(state)} {error}") from None
        served = served_version(self.target)
        if served != version.arn:
            # SageMaker calls an endpoint that it rolled back InService, and so might CloudFormation.
            self._record_failure(version, "rolled back silently")
            raise ReleaseNotVerified(
                f"{self.target.names.endpoint} was to serve {version.arn}, but serves {served}: the update was rolled "
                "back, and nobody said so. See the endpoint's events and logs, then release again"
            )

    def _still(self, state: ServingState) -> str:
        served = served_version(self.target)
        if served is None:
            return f"{self.target.names.endpoint} does not serve, as before."
        kept = "as before" if served == state.served_arn else f"although {state.served_arn} served before"
        return f"{self.target.names.endpoint} serves version {version_number(served)}, {kept}."

    def _test(self, version: ModelVersion, before: ServingState) -> None:
        contract: Contract = load_contract()
        try:
            said = smoke_test(self.target, read_smoke_records(self.target, version), str(version.number), contract)
        except SmokeTestFailed as error:
            self._record_failure(version, f"smoke test: {error}")
            raise SmokeTestFailed(f"{error}. {self._give_back(version, before)}") from None
        self.tell(f"{self.target.names.endpoint}: {said}")

    def _give_back(self, version: ModelVersion, before: ServingState) -> str:
        if before.served_arn in (None, version.arn):
            return "No other version served before, so this one goes on serving: release another soon"
        number = version_number(str(before.served_arn))
        try:
            self.change(f"giving it back to version {number}", {PARAMETER: str(before.served_arn)})
        except DeliveryError as error:
            return f"Giving it back failed, too: {error}"
        return f"Version {number} serves again"

    def _record_failure(self, version: ModelVersion, reason: str) -> None:
        stamp_failure(self.target, version, reason)


def _traffic(target: Target) -> TrafficPlan:
    try:
        return plan_traffic(target.name, target.environment, load_contract().rollout)
    except SettingsError as error:
        raise DeliveryError(str(error)) from None
