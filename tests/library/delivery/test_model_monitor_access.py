"""An account that AWS does not let use Model Monitor: recognized, and answered with the command that switches."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from sagemaker_mlops.delivery import doctor
from sagemaker_mlops.delivery.monitors import watch as watch_module
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.stacks.change_set import ModelMonitorClosed
from sagemaker_mlops.delivery.stacks.model_monitor_access import closed_message, failure_reason, switch_command
from sagemaker_mlops.delivery.target import Target, target_of

COMMAND = "mlops monitor runtime scheduled_pipeline -e production"
SCHEDULE, DEFINITION = "AWS::SageMaker::MonitoringSchedule", "AWS::SageMaker::DataQualityJobDefinition"
WRAPPED = (
    'Resource handler returned message: "{} (Service: SageMaker, Status Code: 400)" (HandlerErrorCode: AccessDenied)'
)
# Refusals that other closed services gave; where they were recorded is in delivery/stacks/model_monitor_access.py.
REFUSALS = (
    "Amazon SageMaker Model Monitor is no longer open to new customers.",
    "AmazonML is no longer available to new customers.  Please consider using Amazon SageMaker.",
    "AWS OpsWorks Stacks is no longer accepting new customers",
    "AWS RoboMaker is only available for existing customers.",
    "CreateRepository request is not allowed because there is no existing repository in this AWS account",
)


def failed(reason: str, resource_type: str = SCHEDULE, status: str = "CREATE_FAILED") -> dict[str, str]:
    """A stack event."""
    return {
        "EventId": "1",
        "LogicalResourceId": "Schedule",
        "ResourceType": resource_type,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.mark.parametrize("words", REFUSALS)
@pytest.mark.parametrize("resource_type", [SCHEDULE, DEFINITION])
def test_a_refused_account_gets_one_sentence_and_one_command(words: str, resource_type: str) -> None:
    reason = failure_reason(failed(WRAPPED.format(words), resource_type), "production")
    assert reason == closed_message("production")
    assert reason.endswith(COMMAND)
    assert reason.count("mlops ") == 1


@pytest.mark.parametrize(
    "event",
    [
        failed("The account-level service limit for monitoring schedules is 25"),
        failed("AmazonML is no longer available to new customers.", "AWS::IAM::Role"),
        failed("Model Monitor is no longer open to new customers.", status="DELETE_FAILED"),
    ],
)
def test_other_failures_keep_their_reason(event: dict[str, str]) -> None:
    assert failure_reason(event, "production") == f"Schedule: {event['ResourceStatusReason']}"


def test_a_withheld_reason_is_kept_and_the_command_is_named() -> None:
    event = failed("Error occurred during operation 'CREATE'. (HandlerErrorCode: GeneralServiceException)")
    reason = failure_reason(event, "production")
    assert reason.startswith("Schedule: Error occurred during operation 'CREATE'")
    assert reason.endswith(COMMAND)


def test_a_release_says_it_once_and_names_no_second_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise ModelMonitorClosed(f"stack is UPDATE_ROLLBACK_COMPLETE: {closed_message('production')}", "status")

    monkeypatch.setattr(watch_module, "_change", refused)
    told: list[str] = []
    assert not watch_module.enable_monitoring(target_of("production"), cast(ModelVersion, None), told.append)
    (text,) = told
    assert text.startswith("the release is done, but nothing monitors it")
    assert text.endswith(COMMAND)
    assert text.count("mlops ") == 1


@dataclass
class Account:
    """An environment with its monitoring schedules and the events of its monitoring stack."""

    schedules: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    runtime: str = "model_monitor"

    @property
    def name(self) -> str:
        return "production"

    @property
    def environment(self) -> Any:
        return target_of("production").environment

    @property
    def settings(self) -> Any:
        return type("Settings", (), {"monitoring_runtime": self.runtime})

    @property
    def names(self) -> Any:
        return target_of("production").names

    def client(self, _service: str) -> "Account":
        return self

    def list_monitoring_schedules(self, **_: Any) -> Any:
        return {"MonitoringScheduleSummaries": self.schedules}

    def describe_stacks(self, **_: Any) -> Any:
        return {"Stacks": [{"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}]}

    def describe_stack_events(self, **_: Any) -> Any:
        return {"StackEvents": self.events}


REFUSED = failed(REFUSALS[0])


@pytest.mark.parametrize(
    ("account", "verdict", "mend"),
    [
        (Account(), "warning", switch_command("production")),
        (Account(events=[REFUSED]), "error", switch_command("production")),
        (Account(schedules=[{"MonitoringScheduleName": "s"}], events=[REFUSED]), "ok", ""),
        (Account(events=[REFUSED], runtime="scheduled_pipeline"), "ok", ""),
    ],
)
def test_doctor_warns_before_the_first_release_and_names_the_command(account: Account, verdict: str, mend: str) -> None:
    """Closed since 30 July 2026: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html."""
    (finding,) = doctor._model_monitor(cast(Target, account))
    assert (finding.verdict, finding.mend) == (verdict, mend)
    assert (verdict == "ok") != ("30 July 2026" in finding.text)
