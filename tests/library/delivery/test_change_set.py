"""Changes of stacks that cannot be followed, and that bring a new fleet."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console
from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused
from sagemaker_mlops.delivery.releases import release as release_module
from sagemaker_mlops.delivery.releases.release import Releaser
from sagemaker_mlops.delivery.stacks import change_set as change_set_module
from sagemaker_mlops.delivery.stacks import deploy as deploy_module
from sagemaker_mlops.delivery.stacks.change_set import (
    ChangeSet,
    ModelMonitorClosed,
    ProgressUnavailable,
    StackConflict,
)
from sagemaker_mlops.delivery.stacks.scaling import NO_SCALING
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.environments.names import GUARDS_PARAMETER, PACKAGE_PARAMETER

TARGET = target_of("production")
THROTTLED = ClientError({"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}, "DescribeStackEvents")
DONE: Any = ("UPDATE_COMPLETE", [])


class Client:
    """CloudFormation, as far as a prepared change set is executed."""

    def describe_change_set(self, **_: Any) -> dict[str, str]:
        return {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}

    def execute_change_set(self, **_: Any) -> None: ...


def follow(monkeypatch: pytest.MonkeyPatch, *looks: Any) -> None:
    """Execute a change set whose progress is seen like this; the last look is repeated."""
    seen: Iterator[Any] = iter([*looks[:-1], *[looks[-1]] * 100])

    def look(_: ChangeSet) -> Any:
        found = next(seen)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(ChangeSet, "_look", look)
    monkeypatch.setattr(ChangeSet, "_events", lambda _: [])
    monkeypatch.setattr(change_set_module, "deployer_client", lambda *_: Client())
    monkeypatch.setattr(Target, "poll_seconds", 0.001)
    ChangeSet(TARGET, "stack").execute(lambda _: None)


@pytest.mark.parametrize("trouble", [THROTTLED, DeliveryError("your credentials may not use CDK's deploy role")])
def test_a_moment_without_an_answer_ends_nothing(monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    follow(monkeypatch, trouble, trouble, DONE)


def test_a_stack_that_fails_at_a_closed_service_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    event = {
        "EventId": "1",
        "StackId": "arn",
        "LogicalResourceId": "Schedule",
        "ResourceType": "AWS::SageMaker::MonitoringSchedule",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "Amazon SageMaker Model Monitor is no longer open to new customers.",
    }
    with pytest.raises(ModelMonitorClosed, match=r"mlops monitor runtime scheduled_pipeline -e production$"):
        follow(monkeypatch, ("UPDATE_ROLLBACK_IN_PROGRESS", [event]), ("UPDATE_ROLLBACK_COMPLETE", [event]))


def test_a_change_that_nobody_can_see_is_neither_done_nor_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_set_module, "STATUS_TIMEOUT_SECONDS", 0.02)
    with pytest.raises(ProgressUnavailable, match=r"Rate exceeded.* repeat the command"):
        follow(monkeypatch, THROTTLED)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(ProgressUnavailable("nobody knows"), ProgressUnavailable), (StackConflict("somebody else"), ReleaseRefused)],
)
def test_a_release_is_refused_only_if_nothing_was_changed(
    monkeypatch: pytest.MonkeyPatch, error: DeliveryError, expected: type[DeliveryError]
) -> None:
    class Prepared:
        def __init__(self, *_: object) -> None: ...

        def create_with_parameters(self, _: object) -> bool:
            return True

        def check_protected_resources(self, _: object) -> None: ...

        def execute(self, *_: object) -> None:
            raise error

    monkeypatch.setattr(release_module, "ChangeSet", Prepared)
    monkeypatch.setattr(release_module, "check_changeable", lambda *_: None)
    with pytest.raises(expected):
        Releaser(TARGET, Console(quiet=True)).change("a release", {PACKAGE_PARAMETER: "arn"})


@pytest.mark.parametrize(
    ("guards", "touches", "expected"),
    [("off", True, [[], ["--parameters", f"{TARGET.names.stack('serving')}:{GUARDS_PARAMETER}=on"]])]
    + [(guards, touches, [[]]) for guards, touches in (("on", True), ("off", False))],
)
def test_a_new_fleet_is_guarded_though_the_last_change_was_not(
    monkeypatch: pytest.MonkeyPatch, guards: str, touches: bool, expected: list[list[str]]
) -> None:
    prepared: list[list[str]] = []

    class Prepared:
        def is_prepared(self) -> bool:
            return True

        def touches(self, resource_type: str) -> bool:
            return touches and resource_type == "AWS::SageMaker::Endpoint"

        def check_protected_resources(self, _: object) -> None: ...

        def execute(self, _: object) -> None: ...

    def prepare(_target: object, _capability: str, given: list[str]) -> Prepared:
        prepared.append(given)
        return Prepared()

    parameters = [{"ParameterKey": GUARDS_PARAMETER, "ParameterValue": guards}]
    stack = {"StackStatus": "UPDATE_COMPLETE", "Parameters": parameters}
    monkeypatch.setattr(deploy_module, "is_unchanged", lambda *_: False)
    monkeypatch.setattr(deploy_module, "_prepare", prepare)
    monkeypatch.setattr(deploy_module, "find_stack", lambda *_: stack)
    monkeypatch.setattr(deploy_module, "plan_scaling", lambda _: NO_SCALING)
    deploy_module._deploy_stack(TARGET, "serving", lambda _: None, "", frozenset())
    assert prepared == expected


class RefusingClient(Client):
    """CloudFormation, which has found a fault in the template."""

    def __init__(self, is_readable: bool) -> None:
        self.is_readable = is_readable
        self.asked: list[str] = []

    def describe_change_set(self, **_: Any) -> dict[str, str]:
        return {"Status": "FAILED", "StatusReason": "use the DescribeEvents API for details"}

    def describe_events(self, **_: Any) -> dict[str, Any]:
        self.asked.append("events")
        if not self.is_readable:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeEvents")
        fault = {"ValidationStatus": "FAILED", "ValidationPath": "/Resources/Key", "ValidationStatusReason": "not so"}
        return {"OperationEvents": [fault, fault, {"ValidationStatus": "SKIPPED"}]}

    def delete_change_set(self, **_: Any) -> None:
        self.asked.append("delete")


@pytest.mark.parametrize(("is_readable", "ending"), [(True, "\n  /Resources/Key: not so"), (False, "for details")])
def test_a_template_that_cloudformation_refuses_is_shown_with_its_faults(
    monkeypatch: pytest.MonkeyPatch, is_readable: bool, ending: str
) -> None:
    client = RefusingClient(is_readable)
    monkeypatch.setattr(change_set_module, "deployer_client", lambda *_: client)
    with pytest.raises(DeliveryError) as raised:
        ChangeSet(TARGET, "stack").is_prepared()
    assert str(raised.value).endswith(ending)
    assert client.asked == ["events", "delete"], "a change set that is gone has no events"
