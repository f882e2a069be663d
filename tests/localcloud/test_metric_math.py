"""Metric math of alarms: the guard's expression, missing values, and what localcloud does not have."""

import json

import pytest
from localcloud.errors import NotInLocalcloud
from localcloud.metric_math import evaluate_expression

from tests.localcloud.conftest import LocalCloud
from tests.localcloud.waiting import wait_until

GUARD = "MAX([FILL(answered5xx, 0), FILL(failed, 0) - FILL(answered4xx, 0)])"


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"answered5xx": {0: 6}, "failed": {0: 6}, "answered4xx": {0: 0}}, {0: 6}),
        ({"answered5xx": {}, "failed": {0: 9, 1: 2}, "answered4xx": {1: 2}}, {0: 9, 1: 0}),
        ({"answered5xx": {0: 3}, "failed": {}, "answered4xx": {0: 8}}, {0: 3}),
        ({"answered5xx": {}, "failed": {}, "answered4xx": {}}, {}),
    ],
    ids=["server-errors", "no-answer-and-refused", "no-model-errors-yet", "no-requests"],
)
def test_the_guards_expression(metrics: dict[str, dict[int, float]], expected: dict[int, float]) -> None:
    assert evaluate_expression(GUARD, metrics) == expected


def test_without_fill_a_missing_value_gives_none() -> None:
    assert evaluate_expression("a / b * 100", {"a": {0: 1, 1: 1, 2: 1}, "b": {0: 4, 1: 0}}) == {0: 25}


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(a)", "IF(a > 1, a, 0)", "b + 1"])
def test_other_expressions_are_not_in_localcloud(expression: str) -> None:
    with pytest.raises(NotInLocalcloud, match="metric math"):
        evaluate_expression(expression, {"a": {0: 1}})


def metric(key: str, name: str) -> dict[str, object]:
    return {
        "Id": key,
        "MetricStat": {"Metric": {"Namespace": "Math", "MetricName": name}, "Period": 1, "Stat": "Sum"},
        "ReturnData": False,
    }


def test_a_stacks_alarm_on_metric_math_fires(cloud: LocalCloud) -> None:
    cloudwatch = cloud.client("cloudwatch")
    properties = {
        "AlarmName": "math",
        "Metrics": [
            {"Id": "result", "Expression": "FILL(failed, 0) - FILL(refused, 0)"},
            metric("failed", "Failed"),
            metric("refused", "Refused"),
        ],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    template = {"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}}
    cloud.client("cloudformation").create_stack(StackName="math", TemplateBody=json.dumps(template))

    def state() -> str:
        found = cloudwatch.describe_alarms(AlarmNames=["math"])["MetricAlarms"]
        return str(found[0]["StateValue"]) if found else ""

    def put(name: str, value: int) -> None:
        cloudwatch.put_metric_data(Namespace="Math", MetricData=[{"MetricName": name, "Value": value}])

    wait_until(lambda: state() == "OK")
    for name, value in (("Refused", 5), ("Failed", 7)):
        put(name, value)
    wait_until(lambda: state() == "ALARM")
