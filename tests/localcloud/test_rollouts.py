"""Updates with guardrails: traffic moves step by step, an alarm gives it back."""

from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import LocalCloud
from tests.localcloud.test_endpoints import invoke, make_endpoint, make_model, status_of, variant, wait_for
from tests.localcloud.waiting import wait_until

PERCENT = {"Type": "CAPACITY_PERCENT", "Value": 50}


def routing(kind: str, seconds: int) -> dict[str, Any]:
    size = {"CANARY": {"CanarySize": PERCENT}, "LINEAR": {"LinearStepSize": PERCENT}}.get(kind, {})
    return {"Type": kind, "WaitIntervalInSeconds": seconds, **size}


def update(cloud: LocalCloud, name: str, config: str, kind: str, seconds: int, *alarms: str) -> None:
    deployment: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing(kind, seconds)}}
    if alarms:
        deployment["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": alarm} for alarm in alarms]}
    sagemaker = cloud.client("sagemaker")
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, DeploymentConfig=deployment)


def make_alarm(cloud: LocalCloud, name: str) -> None:
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName="Errors",
        Statistic="Sum",
        Period=10,  # the shortest that CloudWatch takes
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        Dimensions=[{"Name": "Endpoint", "Value": name}],
    )


def fire(cloud: LocalCloud, name: str) -> None:
    datum = {"MetricName": "Errors", "Value": 1, "Dimensions": [{"Name": "Endpoint", "Value": name}]}
    cloud.client("cloudwatch").put_metric_data(Namespace="Test", MetricData=[datum])


def two_models(cloud: LocalCloud, name: str) -> tuple[str, str]:
    """An endpoint that serves one model, and a configuration with another."""
    old, new = f"{name}-old", f"{name}-new"
    for model in (old, new):
        make_model(cloud, model)
    assert make_endpoint(cloud, old, variant(old)) == "InService"
    cloud.client("sagemaker").create_endpoint_config(EndpointConfigName=new, ProductionVariants=[variant(new)])
    return old, new


@pytest.mark.parametrize("kind", ["CANARY", "LINEAR"])
def test_both_models_answer_while_the_traffic_moves(cloud: LocalCloud, kind: str) -> None:
    old, new = two_models(cloud, f"moving-{kind.lower()}")
    update(cloud, old, new, kind, 4)
    wait_until(lambda: invoke(cloud, old)["model"] == new)
    counted = Counter(invoke(cloud, old)["model"] for _ in range(60))
    assert min(counted[old], counted[new]) > 10, counted
    assert wait_for(cloud, old) == "InService"
    assert {invoke(cloud, old)["model"] for _ in range(20)} == {new}


def test_an_alarm_gives_the_traffic_back(cloud: LocalCloud) -> None:
    old, new = two_models(cloud, "alarmed")
    make_alarm(cloud, old)
    update(cloud, old, new, "CANARY", 60, old)
    wait_until(lambda: invoke(cloud, old)["model"] == new)
    fire(cloud, old)
    assert wait_for(cloud, old) == "InService"
    described = cloud.client("sagemaker").describe_endpoint(EndpointName=old)
    assert described["EndpointConfigName"] == old
    assert old in described["FailureReason"]
    assert {invoke(cloud, old)["model"] for _ in range(20)} == {old}


def test_an_alarm_that_fires_already_lets_nothing_through(cloud: LocalCloud) -> None:
    old, new = two_models(cloud, "firing")
    make_alarm(cloud, old)
    fire(cloud, old)
    alarms = cloud.client("cloudwatch")
    wait_until(lambda: alarms.describe_alarms(AlarmNames=[old])["MetricAlarms"][0]["StateValue"] == "ALARM")
    update(cloud, old, new, "ALL_AT_ONCE", 0, old)

    def settled() -> bool:
        fire(cloud, old)  # alarms look some seconds after the new fleet's start
        return status_of(cloud, old) == "InService"

    wait_until(settled)
    assert old in cloud.client("sagemaker").describe_endpoint(EndpointName=old)["FailureReason"]
    assert invoke(cloud, old)["model"] == old


def test_what_is_not_there_is_refused(cloud: LocalCloud) -> None:
    old, new = two_models(cloud, "refused")
    with pytest.raises(ClientError, match="localcloud does not implement RollingUpdatePolicy"):
        cloud.client("sagemaker").update_endpoint(
            EndpointName=old,
            EndpointConfigName=new,
            DeploymentConfig={
                "RollingUpdatePolicy": {"MaximumBatchSize": PERCENT, "WaitIntervalInSeconds": 0},
            },
        )
    assert status_of(cloud, old) == "InService"
