"""Alarms through the API: dimensions, composite alarms, events."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from localcloud.instance import Instance

from tests.localcloud.conftest import LocalCloud
from tests.localcloud.waiting import wait_until
from tests.ports import reserved_port

ALARM = {
    "Namespace": "Alarms",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


@pytest.fixture(scope="module")
def cloud(localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A localcloud in which an alarm's minute takes a second."""
    instance = Instance(tmp_path_factory.mktemp("fast-alarms"))
    running, _ = instance.start(reserved_port(), time_scale=60)
    yield LocalCloud(instance, running)
    instance.stop(running)


def dimensions(value: str) -> list[dict[str, str]]:
    return [{"Name": "Endpoint", "Value": value}]


def make_alarms(cloud: LocalCloud, name: str) -> Any:
    cloudwatch = cloud.client("cloudwatch")
    for value in ("watched", "other"):
        cloudwatch.put_metric_alarm(AlarmName=f"{name}-{value}", Dimensions=dimensions(f"{name}-{value}"), **ALARM)
    cloudwatch.put_composite_alarm(AlarmName=f"{name}-any", AlarmRule=f'ALARM("{name}-watched")')
    return cloudwatch


def states(cloudwatch: Any, prefix: str) -> dict[str, str]:
    found = cloudwatch.describe_alarms(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    alarms = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return {alarm["AlarmName"].removeprefix(f"{prefix}-"): alarm["StateValue"] for alarm in alarms}


def put(cloudwatch: Any, value: str) -> None:
    datum = {"MetricName": "Errors", "Value": 1, "Dimensions": dimensions(value)}
    cloudwatch.put_metric_data(Namespace="Alarms", MetricData=[datum])


def test_an_alarm_looks_at_its_own_dimensions_only(cloud: LocalCloud) -> None:
    cloudwatch = make_alarms(cloud, "own")
    wait_until(lambda: states(cloudwatch, "own")["other"] == "OK")
    put(cloudwatch, "own-watched")
    wait_until(lambda: states(cloudwatch, "own")["watched"] == "ALARM")
    wait_until(lambda: states(cloudwatch, "own")["any"] == "ALARM")
    assert states(cloudwatch, "own")["other"] == "OK"
    wait_until(lambda: states(cloudwatch, "own")["watched"] == "OK")


def test_a_change_of_state_is_an_event(cloud: LocalCloud) -> None:
    cloudwatch, queues, events = make_alarms(cloud, "told"), cloud.client("sqs"), cloud.client("events")
    url = queues.create_queue(QueueName="alarm-events")["QueueUrl"]
    detail = {"alarmName": ["told-any"], "state": {"value": ["ALARM"]}}
    events.put_rule(Name="alarms", EventPattern=json.dumps({"source": ["aws.cloudwatch"], "detail": detail}))
    arn = "arn:aws:sqs:eu-west-1:000000000000:alarm-events"
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": arn}])
    put(cloudwatch, "told-watched")
    messages: list[Any] = []

    def arrived() -> bool:
        messages.extend(queues.receive_message(QueueUrl=url).get("Messages", []))
        return bool(messages)

    wait_until(arrived)
    event = json.loads(messages[0]["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["previousState"]["value"] in ("OK", "INSUFFICIENT_DATA")
