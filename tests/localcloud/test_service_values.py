"""EventBridge, Scheduler, CloudWatch, Lambda and S3 refuse values that the services refuse, with their codes."""

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.localcloud.conftest import ROLE, LocalCloud

TARGET_ARN = "arn:aws:sqs:eu-west-1:000000000000:values"


def schedule(expression: str, **more: Any) -> dict[str, Any]:
    target = {"Arn": TARGET_ARN, "RoleArn": ROLE, "Input": "{}"}
    return {"ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, **more}


ALARM: dict[str, Any] = {
    "AlarmName": "values",
    "Namespace": "Values",
    "MetricName": "Value",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
PERIOD = "Period must be 10, 20, 30 or a multiple of 60"


def created(cloud: LocalCloud, name: str, kind: str, properties: dict[str, Any]) -> str:
    """Create a stack of one resource that cannot be; returns the reason."""
    client = cloud.client("cloudformation")
    body = json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties}}})
    client.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(WaiterError):
        client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return str(next(event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == "CREATE_FAILED"))


@pytest.mark.parametrize(
    ("kind", "properties", "words"),
    [
        ("AWS::CloudWatch::Alarm", {**ALARM, "Period": 45}, PERIOD),
        ("AWS::Scheduler::Schedule", schedule("every day"), "Invalid Schedule Expression every day."),
        ("AWS::Events::Rule", {"ScheduleExpression": "rate(1 hours)"}, "Parameter ScheduleExpression is not valid."),
        ("AWS::Events::Rule", {"EventPattern": {"source": "text"}}, "Event pattern is not valid. Reason: "),
        ("AWS::Events::Rule", {"Name": "no-trigger"}, "EventPattern or ScheduleExpression must be specified."),
    ],
    ids=["alarm", "schedule", "rate", "pattern", "nothing"],
)
def test_a_stack_fails_with_the_services_refusal(
    cloud: LocalCloud, kind: str, properties: dict[str, Any], words: str, request: pytest.FixtureRequest
) -> None:
    name = f"refused-{request.node.callspec.id}"
    reason = created(cloud, name, kind, properties)
    assert reason.startswith("Resource handler returned message: ")
    assert words in reason
