"""What the release command makes of what the services say, with services that lie."""

import re

import pytest
from rich.console import Console
from sagemaker_mlops.delivery.errors import ReleaseNotVerified, ReleaseRolledBack, SmokeTestFailed
from sagemaker_mlops.delivery.registry import ModelVersion, stamp_failure
from sagemaker_mlops.delivery.releases import release as release_module
from sagemaker_mlops.delivery.releases.release import Releaser
from sagemaker_mlops.delivery.releases.serving_state import ServingState
from sagemaker_mlops.delivery.stacks.change_set import StackRolledBack
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.environments.names import PACKAGE_PARAMETER, SHADOW_PARAMETER

OLD, NEW = (f"arn:aws:sagemaker:eu-west-1:111111111111:model-package/group/{number}" for number in (1, 2))
VERSION = ModelVersion(NEW, 2, "Approved", {})


class Services:
    """Stands for everything that a release calls, and remembers what it was told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.served: str | None = OLD
        self.changes: list[dict[str, str]] = []
        self.guarded: list[bool] = []
        self.champion = VERSION
        self.failures: list[str] = []
        self.released: list[str] = []
        self.breaks: Exception | None = None
        self.is_honest = True
        for name in ("releasable_version", "check_release", "read_smoke_records", "list_versions", "smoke_test"):
            monkeypatch.setattr(release_module, name, getattr(self, name))
        monkeypatch.setattr(release_module, "serving_state", lambda _: ServingState(self.served, self.served or "", ""))
        monkeypatch.setattr(release_module, "served_version", lambda _: self.served)
        monkeypatch.setattr(release_module, "stamp_failure", lambda _t, _v, reason: self.failures.append(reason))
        monkeypatch.setattr(release_module, "stamp_release", lambda _t, version: self.released.append(version.arn))
        monkeypatch.setattr(Releaser, "change", self.change)

    def releasable_version(self, *_: object) -> ModelVersion:
        return VERSION

    def check_release(self, *_: object, **__: object) -> None: ...

    def read_smoke_records(self, *_: object) -> None: ...

    def list_versions(self, *_: object) -> list[ModelVersion]:
        return [VERSION]

    def smoke_test(self, *_: object) -> str:
        if isinstance(self.breaks, SmokeTestFailed):
            raise self.breaks
        return "all is well"

    def change(self, _title: str, parameters: dict[str, str], *, guarded: bool = True) -> None:
        self.guarded.append(guarded)
        self.changes.append(parameters)
        if isinstance(self.breaks, StackRolledBack):
            raise self.breaks
        if self.is_honest:
            self.served = parameters[PACKAGE_PARAMETER]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    return Services(monkeypatch)


def release() -> release_module.Release:
    return Releaser(target_of("production"), Console(quiet=True)).release(NEW)


def test_a_good_release_changes_two_parameters_and_is_recorded(services: Services) -> None:
    assert release().changed
    assert services.changes == [{PACKAGE_PARAMETER: NEW, SHADOW_PARAMETER: ""}]
    assert (services.released, services.failures) == ([NEW], [])


def test_a_silent_rollback_is_noticed(services: Services) -> None:
    services.is_honest = False
    with pytest.raises(ReleaseNotVerified, match=f"serves {OLD}"):
        release()
    assert (services.released, services.failures) == ([], ["rolled back silently"])


def test_a_rollback_is_told_and_recorded(services: Services) -> None:
    services.breaks = StackRolledBack("stack is UPDATE_ROLLBACK_COMPLETE: alarm x", "UPDATE_ROLLBACK_COMPLETE")
    with pytest.raises(ReleaseRolledBack, match=r"serves version 1, as before\. .*alarm x"):
        release()
    assert len(services.failures) == 1


class GivenBack:
    """A change set whose execution CloudFormation gives back."""

    def __init__(self, *_: object) -> None: ...

    def create_with_parameters(self, _: object) -> bool:
        return True

    def check_protected_resources(self, _: object) -> None: ...

    def execute(self, *_: object) -> None:
        raise StackRolledBack("stack is UPDATE_ROLLBACK_COMPLETE: ping health check", "UPDATE_ROLLBACK_COMPLETE")


def test_the_cause_of_a_rollback_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a version that could not become a shadow: every change says it."""
    shown: list[str] = []
    monkeypatch.setattr(Releaser, "tell", lambda _, text: shown.append(text))
    monkeypatch.setattr(release_module, "ChangeSet", GivenBack)
    monkeypatch.setattr(release_module, "check_changeable", lambda *_: None)
    monkeypatch.setattr(release_module, "failure_cause", lambda _target, reason, _since: f"Cause of {reason}")
    with pytest.raises(StackRolledBack):
        Releaser(target_of("production"), Console()).change("a title", {})
    assert shown[-1] == "Cause of stack is UPDATE_ROLLBACK_COMPLETE: ping health check"


def test_a_rollback_that_failed_itself_says_how_to_go_on(services: Services) -> None:
    services.breaks = StackRolledBack("stack is UPDATE_ROLLBACK_FAILED: alarm x", "UPDATE_ROLLBACK_FAILED")
    with pytest.raises(ReleaseNotVerified, match="continue-update-rollback"):
        release()


def test_the_guards_watch_a_release_and_let_a_return_pass(services: Services) -> None:
    services.breaks = SmokeTestFailed("3 of 50 records")
    with pytest.raises(SmokeTestFailed):
        release()
    assert services.guarded == [True, False]


def test_a_failed_smoke_test_gives_the_version_before_back(services: Services) -> None:
    services.breaks = SmokeTestFailed("3 of 50 records")
    with pytest.raises(SmokeTestFailed, match=r"3 of 50 records\. Version 1 serves again"):
        release()
    assert services.changes[-1] == {PACKAGE_PARAMETER: OLD}
    assert services.released == []


def test_the_first_version_has_none_to_be_given_back_to(services: Services) -> None:
    services.served, services.breaks = None, SmokeTestFailed("3 of 50 records")
    with pytest.raises(SmokeTestFailed, match="No other version served before"):
        release()
    assert len(services.changes) == 1


def test_an_interrupted_release_is_tested_and_recorded_when_it_is_repeated(services: Services) -> None:
    services.served = NEW
    assert release().changed
    assert (services.changes, services.released) == ([], [NEW])


def test_a_failure_is_recorded_in_the_characters_that_sagemaker_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, str] = {}

    class Registry:
        def update_model_package(self, CustomerMetadataProperties: dict[str, str], **_: object) -> None:  # noqa: N803
            written.update(CustomerMetadataProperties)

    monkeypatch.setattr(Target, "client", lambda *_: Registry())
    stamp_failure(target_of("production"), VERSION, "alarm “x” (see: a, b); " + "long " * 100)
    reason = written["failed_production_reason"]
    assert len(reason) <= 256
    assert re.fullmatch(r"[\w .:/=+\-@]+", reason)
