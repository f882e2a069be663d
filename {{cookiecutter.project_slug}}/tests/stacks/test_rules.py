"""Our own rules: every environment keeps them, and each catches what it is for."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from sagemaker_mlops.contract.monitors import METRICS
from sagemaker_mlops.environments.settings import ENVIRONMENTS_FILE, Settings, load_settings
from sagemaker_mlops.template_checks.rules import findings

from tests.stacks.conftest import Synthesize, Templates
from tests.stacks.settings import SERVERLESS, settings

OWN_METRICS = {"tripwire/monitoring": set(METRICS)}
Break = Callable[[dict[str, Any]], None]


VARIATIONS = [settings(), settings(**SERVERLESS), settings(monitoring_runtime="scheduled_pipeline")]


@pytest.mark.parametrize("variation", VARIATIONS, ids=["model-monitor", "serverless", "scheduled-pipeline"])
def test_every_template_keeps_the_rules(variation: Settings, synthesize: Synthesize) -> None:
    found = synthesize(variation)
    assert {key: findings(found[key], OWN_METRICS) for key in found} == {key: [] for key in found}


def test_the_projects_own_environments_keep_the_rules(synthesize: Synthesize) -> None:
    own = load_settings(ENVIRONMENTS_FILE)
    found = synthesize(own)
    metrics = {f"{own.project}/monitoring": set(METRICS)}
    assert {key: findings(found[key], metrics) for key in found} == {key: [] for key in found}


def first(template: dict[str, Any], kind: str) -> dict[str, Any]:
    properties: dict[str, Any] = next(
        entry["Properties"] for entry in template["Resources"].values() if entry["Type"] == kind
    )
    return properties


def routing(template: dict[str, Any]) -> dict[str, Any]:
    deployment = first(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    found: dict[str, Any] = deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    return found


def variant(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = first(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    return found


def schedule(template: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = first(template, "AWS::SageMaker::MonitoringSchedule")["MonitoringScheduleConfig"]
    return found


def trust(template: dict[str, Any]) -> dict[str, Any]:
    for entry in template["Resources"].values():
        if entry["Type"] == "AWS::IAM::Role":
            statement: dict[str, Any] = entry["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
            if statement["Action"] == "sts:AssumeRoleWithWebIdentity":
                return statement
    raise AssertionError("no role trusts GitHub")


def math_metric(template: dict[str, Any]) -> dict[str, Any]:
    for entry in template["Resources"].values():
        for metric in entry["Properties"].get("Metrics", []) if entry["Type"] == "AWS::CloudWatch::Alarm" else []:
            if "MetricStat" in metric:
                found: dict[str, Any] = metric
                return found
    raise AssertionError("no alarm on metric math")


SUBJECT = "token.actions.githubusercontent.com:sub"
BREAKS: list[tuple[str, str, Break]] = [
    ("canary-size", "serving", lambda t: routing(t)["CanarySize"].update(Value=90)),
    ("canary-size", "serving", lambda t: routing(t).pop("CanarySize")),
    ("monitor-cron", "monitoring", lambda t: schedule(t)["ScheduleConfig"].update(ScheduleExpression="rate(1 hour)")),
    (
        "monitor-cron",
        "monitoring",
        lambda t: schedule(t)["ScheduleConfig"].update(ScheduleExpression="cron(5 * ? * * *)"),
    ),
    ("schedule-definition", "monitoring", lambda t: schedule(t).pop("MonitoringJobDefinitionName")),
    ("replaceable-name", "serving", lambda t: first(t, "AWS::SageMaker::Model").update(ModelName="fixed")),
    ("encryption", "serving", lambda t: first(t, "AWS::SageMaker::EndpointConfig").pop("KmsKeyId")),
    (
        "encryption",
        "monitoring",
        lambda t: first(t, "AWS::SageMaker::DataQualityJobDefinition")["JobResources"]["ClusterConfig"].pop(
            "VolumeKmsKeyId"
        ),
    ),
    (
        "encryption",
        "monitoring",
        lambda t: first(t, "AWS::SageMaker::DataQualityJobDefinition")["JobResources"]["ClusterConfig"].update(
            InstanceType="ml.m5d.large"
        ),
    ),
    (
        "capture",
        "serving",
        lambda t: first(t, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]["CaptureOptions"].pop(),
    ),
    ("capture", "serving", lambda t: first(t, "AWS::SageMaker::EndpointConfig")["DataCaptureConfig"].pop("KmsKeyId")),
    ("serverless", "serving", lambda t: variant(t).update(ServerlessConfig={"MemorySizeInMB": 2048})),
    ("oidc-subject", "foundation", lambda t: trust(t)["Condition"]["StringEquals"].update({SUBJECT: "repo:owner/*"})),
    ("oidc-subject", "foundation", lambda t: trust(t)["Condition"].update(StringLike={SUBJECT: "repo:owner/*"})),
    ("dead-letters", "monitoring", lambda t: first(t, "AWS::Lambda::Function").pop("DeadLetterConfig")),
    ("dead-letters", "monitoring", lambda t: first(t, "AWS::Events::Rule")["Targets"][0].pop("DeadLetterConfig")),
    (
        "unknown-metric",
        "monitoring",
        lambda t: first(t, "AWS::CloudWatch::Alarm").update(MetricName="Invocation5xx"),
    ),
    (
        "unknown-metric",
        "serving",
        lambda t: math_metric(t)["MetricStat"]["Metric"].update(MetricName="ModelErrors"),
    ),
    (
        "guard-alarms",
        "serving",
        lambda t: first(t, "AWS::SageMaker::Endpoint")["DeploymentConfig"]["AutoRollbackConfiguration"]["Fn::If"][
            1
        ].update(Alarms=[{"AlarmName": "elsewhere"}]),
    ),
]


@pytest.mark.parametrize(
    ("rule", "capability", "damage"), BREAKS, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(BREAKS)]
)
def test_a_rule_catches_what_it_is_for(templates: Templates, rule: str, capability: str, damage: Break) -> None:
    template = deepcopy(templates["production", capability])
    damage(template)
    assert {finding.rule for finding in findings(template, OWN_METRICS)} == {rule}
