"""How an endpoint scales, is updated and is guarded."""

from typing import Any

import pytest

from tests.stacks.conftest import Synthesize, Templates
from tests.stacks.settings import settings, with_rollout

ENDPOINT, CONFIG = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"
TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"


def test_an_endpoint_of_a_fixed_size_is_no_scalable_target(templates: Templates) -> None:
    """A target would forbid every change of the instance type, for nothing."""
    for kind in (TARGET, POLICY):
        assert templates.of_type("production", "serving", kind)
        assert not templates.of_type("staging", "serving", kind)
    assert "Autoscaling" not in templates["staging", "serving"]["Parameters"]


def test_another_number_of_instances_takes_effect(templates: Templates) -> None:
    """An update retains the number that autoscaling chose, but without autoscaling it must take the new one.

    Nothing is excluded from that: DataCaptureConfig is "not currently supported" as a VariantPropertyType.
    Source: botocore 1.44.5, UpdateEndpoint and VariantProperty documentation.
    """
    for environment, retained in (("production", True), ("staging", None)):
        endpoint = templates.only(environment, "serving", ENDPOINT)
        assert endpoint.get("RetainAllVariantProperties") is retained
        assert "ExcludeRetainedVariantProperties" not in endpoint


def test_autoscaling_can_be_suspended(templates: Templates) -> None:
    """A deployment that changes the instance type needs the endpoint deregistered."""
    template = templates["production", "serving"]
    for kind in (TARGET, POLICY):
        (entry,) = templates.of_type("production", "serving", kind).values()
        assert entry["Condition"] == "IsScaled"
    assert template["Parameters"]["Autoscaling"]["Default"] == "on"
    assert {"Fn::Equals": [{"Ref": "Autoscaling"}, "on"]} in template["Conditions"]["IsScaled"]["Fn::And"]


def test_the_guard_counts_containers_that_do_not_answer(templates: Templates) -> None:
    """InvocationModelErrors counts 4XX, 5XX, socket errors, malformed answers and timeouts; 5XX alone misses a hang.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html
    """
    alarms = templates.of_type("production", "serving", "AWS::CloudWatch::Alarm").values()
    (guard,) = [entry["Properties"] for entry in alarms if entry["Properties"]["AlarmName"].endswith("-server-errors")]
    counted = {entry["Id"]: entry["MetricStat"] for entry in guard["Metrics"] if "MetricStat" in entry}
    assert {key: stat["Metric"]["MetricName"] for key, stat in counted.items()} == {
        "answered4xx": "Invocation4XXErrors",
        "answered5xx": "Invocation5XXErrors",
        "failed": "InvocationModelErrors",
    }
    assert {(stat["Stat"], stat["Period"]) for stat in counted.values()} == {("Sum", 60)}
    (expression,) = [entry["Expression"] for entry in guard["Metrics"] if "Expression" in entry]
    assert expression == "MAX([FILL(answered5xx, 0), FILL(failed, 0) - FILL(answered4xx, 0)])"
    assert guard["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("changes", [{"bake_minutes": 12}, {"step_percent": 20}, {"strategy": "linear"}], ids=str)
def test_another_rollout_gets_another_endpoint_configuration(
    templates: Templates, synthesize: Synthesize, changes: dict[str, Any]
) -> None:
    """CloudFormation would update the endpoint with the configuration that it has, and AWS wants a new one.

    Source: botocore 1.44.5, UpdateEndpoint: "To update an endpoint, you must create a new EndpointConfig".
    """
    changed = synthesize(settings(), with_rollout(**changes))
    for environment, differs in (("production", True), ("staging", "bake_minutes" in changes)):
        before, after = (of.of_type(environment, "serving", CONFIG) for of in (templates, changed))
        assert (set(before) != set(after)) is differs
        endpoints = [of.only(environment, "serving", ENDPOINT)["DeploymentConfig"] for of in (templates, changed)]
        assert (endpoints[0] != endpoints[1]) is differs
