"""From live requests that drift to a training: monitors, alarms, notify, start-training. A minute is an hour here."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.laptop.conftest import SERVED, Laptop
from tests.laptop.github_stub import GitHubStub
from tests.laptop.monitor_reports import WINDOW_SECONDS, capture_bucket, report
from tests.localcloud.waiting import wait_until

STATE = SERVED
ENDPOINT, GROUP = "purchase-intent-production", "purchase-intent-dev"
LEDGER, STARTER = f"{GROUP}-training-ledger", f"{GROUP}-start-training"
LATEST_VIOLATION_REPORT = f"{ENDPOINT}-contract-broken"
NAMESPACE = "purchase-intent/monitoring"
OUTAGE_REQUESTS = 6  # more than notify tries by itself at once


@pytest.fixture(scope="module")
def github(laptop: Laptop) -> Iterator[GitHubStub]:
    """GitHub, whose retrain workflow runs the command of the repository in the account that trains."""

    def retrain(inputs: dict[str, str]) -> None:
        cause = ("--cause", "drift", "--cause-id", inputs["cause_id"])
        laptop.mlops("train", "start", "--as-event", "--no-wait", *cause)

    stub = GitHubStub(retrain)
    yield stub
    stub.stop()


@pytest.fixture(scope="module")
def settings(laptop: Laptop, github: GitHubStub) -> Path:
    """Settings with monitors every hour, trainings without a cooldown, and that GitHub."""
    path = laptop.project.path / "environments.laptop.yaml"
    before = path.read_text(encoding="utf-8")
    text = before.replace("    trains: true\n", "    trains: true\n    cooldown_minutes: 0\n")
    text = text.replace("    monitored: true\n", "    monitored: true\n    monitor_every: hour\n")
    path.write_text(text.replace("http://127.0.0.1:4566/_github", github.url), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def watched(laptop: Laptop, settings: Path, served_arn: str) -> str:
    """ARN of a version of February to July that production serves and monitors watch."""
    for options in (("dev", "--image", laptop.image_uri()), ("production",)):
        laptop.mlops("deploy", "--environment", *options)
    laptop.at("production").client("secretsmanager").put_secret_value(
        SecretId="purchase-intent/production/github", SecretString="token-of-the-test"
    )
    return served_arn


def running(laptop: Laptop) -> bool:
    """Whether a training runs."""
    answer = laptop.client("sagemaker").list_pipeline_executions(PipelineName=f"{GROUP}-training")
    return any(one["PipelineExecutionStatus"] == "Executing" for one in answer["PipelineExecutionSummaries"])


def ledger(laptop: Laptop) -> dict[str, dict[str, str]]:
    """Status, reason and execution of every cause."""
    items = laptop.client("dynamodb").scan(TableName=LEDGER)["Items"]
    return {
        item["id"]["S"].removeprefix("cause#"): {
            name: item[name]["S"] for name in ("status", "reason", "execution_arn")
        }
        for item in items
        if "status" in item
    }


def live(laptop: Laptop, month: str) -> None:
    """Let a month happen: its requests, their labels, and its rows as training data."""
    files = laptop.months(month, month)
    laptop.mlops("data", "put", "--replace", *files)
    assert "sent: " in laptop.mlops("traffic", "replay", *files)
    assert "uploaded: " in laptop.mlops("data", "put-labels", "--id-column", "record_id", *files)
    assert "unchanged, uploaded before" in laptop.mlops("data", "put-labels", "--id-column", "record_id", *files)


def state(laptop: Laptop, alarm: str) -> str:
    """The state of an alarm."""
    answer = (
        laptop.at("production")
        .client("cloudwatch")
        .describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    )
    found = [*answer["CompositeAlarms"], *answer["MetricAlarms"]]
    return str(found[0]["StateValue"])


def drift_trainings(laptop: Laptop) -> list[str]:
    """Executions that drifts started."""
    entries = [entry for cause, entry in ledger(laptop).items() if cause.startswith("drift:")]
    return [entry["execution_arn"] for entry in entries if entry["status"] == "started"]


def test_a_release_switches_the_monitors_on(laptop: Laptop, watched: str) -> None:
    sagemaker = laptop.at("production").client("sagemaker")
    found = sagemaker.list_monitoring_schedules(EndpointName=ENDPOINT)["MonitoringScheduleSummaries"]
    assert {entry["MonitoringScheduleStatus"] for entry in found} == {"Scheduled"}
    assert len(found) == 4
    assert f"monitored: {ENDPOINT}" in laptop.mlops("monitor", "enable"), "again changes nothing"


def test_drifting_months_fire_the_alarm_and_start_one_training_though_github_is_down_at_first(
    laptop: Laptop, watched: str, github: GitHubStub
) -> None:
    github.outage_requests = OUTAGE_REQUESTS
    before = len(drift_trainings(laptop))
    for month in ("2025-08", "2025-09"):
        live(laptop, month)
        time.sleep(WINDOW_SECONDS)
    wait_until(lambda: state(laptop, LATEST_VIOLATION_REPORT) == "ALARM", 3 * WINDOW_SECONDS)
    broken = report(laptop, "data-quality", "broken")
    assert {"Administrative", "Administrative_Duration", "prediction"} <= {
        one["feature"] for one in broken["violations"]
    }
    wait_until(lambda: len(drift_trainings(laptop)) > before, 4 * WINDOW_SECONDS)
    assert github.refused == OUTAGE_REQUESTS
    assert github.tokens == {"Bearer token-of-the-test"}
    assert {inputs["environment"] for inputs in github.dispatched} == {"production"}
    wait_until(lambda: not running(laptop), 3 * WINDOW_SECONDS)
    assert len(drift_trainings(laptop)) == before + 1, "told every hour while it fires, and still one training"
    answer = laptop.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=drift_trainings(laptop)[-1])
    assert answer["PipelineExecutionStatus"] == "Succeeded"


def test_every_monitor_has_looked_and_says_so(laptop: Laptop, watched: str) -> None:
    for kind in ("data-quality", "model-quality", "bias", "explainability"):
        assert report(laptop, kind)["versions"] == [watched.rsplit("/", 1)[-1]]
        assert state(laptop, f"{ENDPOINT}-monitor-{kind}-silent") == "OK"
    printed = laptop.mlops("monitor", "reports")
    pages = [line.split(": ", 1)[1] for line in printed.splitlines() if line.strip().startswith("report: ")]
    assert len(pages) == 4
    assert all((laptop.project.path / page).read_text(encoding="utf-8").startswith("<!doctype html>") for page in pages)


def test_forty_causes_at_once_start_one_training_and_all_are_accounted_for(laptop: Laptop, watched: str) -> None:
    """Alarms, copies of them, new data and a schedule, in any order; the first training runs meanwhile."""
    wait_until(lambda: not running(laptop), WINDOW_SECONDS)
    before = ledger(laptop)
    kinds = ("drift", "new-data", "schedule", "drift")
    events = [{"cause": kinds[number % 4], "cause_id": f"storm-{number % 20}"} for number in range(40)]
    function = laptop.client("lambda")

    def tell(event: dict[str, str]) -> None:
        function.invoke(FunctionName=STARTER, InvocationType="Event", Payload=json.dumps(event).encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(tell, events))
    wanted = {f"{event['cause']}:{event['cause_id']}" for event in events}

    def settled() -> bool:
        found = ledger(laptop)
        return all(found.get(cause, {}).get("status") not in (None, "received", "starting") for cause in wanted)

    wait_until(settled, 2 * WINDOW_SECONDS)
    entries = {cause: entry for cause, entry in ledger(laptop).items() if cause in wanted}
    executions = {entry["execution_arn"] for entry in entries.values() if entry["execution_arn"]}
    assert len(executions) <= 1
    assert {entry["status"] for entry in entries.values()} <= {"started", "merged", "waiting", "suppressed"}
    assert all(entry["reason"] for entry in entries.values())
    assert all(ledger(laptop)[cause] for cause in before), "nothing was forgotten"


History = tuple[set[str], dict[str, Any], set[str]]
LATEST_REPORT = "monitoring/data-quality/latest.json"
SWITCH = "mlops monitor runtime scheduled_pipeline -e production"


def history(laptop: Laptop) -> History:
    """Names of reports and states, the alarms with what they look at, and the published metrics."""
    production = laptop.at("production")
    pages = production.client("s3").get_paginator("list_objects_v2")
    listed = pages.paginate(Bucket=capture_bucket(laptop), Prefix="monitoring/")
    reports = {entry["Key"] for page in listed for entry in page.get("Contents", [])}
    cloudwatch = production.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=ENDPOINT, AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    looked_at = ("AlarmArn", "Namespace", "MetricName", "Dimensions", "Period")
    found = cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"]
    metrics = {json.dumps([entry["MetricName"], entry["Dimensions"]]) for entry in found}
    return reports, {alarm["AlarmName"]: [alarm.get(key) for key in looked_at] for alarm in alarms}, metrics


@pytest.fixture
def closed(laptop: Laptop, watched: str) -> Iterator[History]:
    """The same cloud with its monitors off, to which AWS closed Model Monitor; gives what the monitors had made."""
    if LATEST_REPORT not in history(laptop)[0]:
        laptop.mlops("traffic", "replay", *laptop.months("2025-08", "2025-08"))
        wait_until(lambda: LATEST_REPORT in history(laptop)[0], 4 * WINDOW_SECONDS)
    before = history(laptop)
    client, stack = laptop.at("production").client("cloudformation"), f"{ENDPOINT}-monitoring"
    names = [entry["ParameterKey"] for entry in client.describe_stacks(StackName=stack)["Stacks"][0]["Parameters"]]
    given: list[dict[str, Any]] = [{"ParameterKey": name, "UsePreviousValue": True} for name in names]
    given[names.index("EndpointExists")] = {"ParameterKey": "EndpointExists", "ParameterValue": "false"}
    client.update_stack(
        StackName=stack, UsePreviousTemplate=True, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    client.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    laptop.restart("--closed", "model-monitor")
    yield before
    laptop.restart()


def test_an_account_that_aws_refuses_switches_with_one_command_and_keeps_its_history(
    laptop: Laptop, settings: Path, closed: History
) -> None:
    before, ended = settings.read_text(encoding="utf-8"), report(laptop, "data-quality", "latest")["window_end"]
    reports = closed[0] | history(laptop)[0]
    assert all(closed)
    refused = laptop.try_mlops("monitor", "enable")
    assert refused.returncode == 1
    assert SWITCH in refused.stdout
    assert "mlops monitor enable" not in refused.stdout
    examined = laptop.try_mlops("doctor", "--environment", "production")
    (line,) = [line for line in examined.stdout.splitlines() if "AWS refused this account" in line]
    assert line.endswith(SWITCH)

    said_now = laptop.mlops("monitor", "runtime", "scheduled_pipeline", "--environment", "production")
    assert "commit this change" in said_now
    changed = before.replace('monitoring_runtime: "model_monitor"', 'monitoring_runtime: "scheduled_pipeline"')
    assert settings.read_text(encoding="utf-8") == changed
    sagemaker = laptop.at("production").client("sagemaker")
    assert not sagemaker.list_monitoring_schedules(EndpointName=ENDPOINT)["MonitoringScheduleSummaries"]
    laptop.mlops("traffic", "replay", *laptop.months("2025-10", "2025-10"))
    wait_until(lambda: report(laptop, "data-quality", "latest")["window_end"] > ended, 3 * WINDOW_SECONDS)
    now, alarms, metrics = history(laptop)
    assert (reports <= now, alarms == closed[1], closed[2] <= metrics) == (True, True, True)
    first = min(key for key in now - reports if key.startswith("monitoring/data-quality/") and "/analysis." in key)
    body = laptop.at("production").client("s3").get_object(Bucket=capture_bucket(laptop), Key=first)["Body"].read()
    assert json.loads(body)["window_start"] == ended, "no window is left out, and none is looked at twice"

    def succeeded() -> bool:
        found = sagemaker.list_pipeline_executions(PipelineName=f"{ENDPOINT}-monitoring")["PipelineExecutionSummaries"]
        return any(one["PipelineExecutionStatus"] == "Succeeded" for one in found)

    wait_until(succeeded, WINDOW_SECONDS)
    settings.write_text(before, encoding="utf-8")
