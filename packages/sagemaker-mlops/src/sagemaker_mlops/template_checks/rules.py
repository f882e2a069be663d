"""Rules of this project for CloudFormation templates, which no linter covers.

AWS reports violations only during a deployment. The functions are pure: templates in, findings out. `make check-infra`
applies them to every environment.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.environments.instance_storage import has_local_storage

Resource = Mapping[str, Any]
Template = Mapping[str, Any]
MONITOR_CRON = re.compile(r"cron\(0 (\*|\d{1,2}|\d{1,2}/\d{1,2}) \? \* \* \*\)")
LARGEST_STEP_PERCENT = 50
# Every change replaces resources of these types. With a fixed name that fails, because the name is in use.
REPLACED_TYPES = {
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::DataQualityJobDefinition": "JobDefinitionName",
    "AWS::SageMaker::ModelQualityJobDefinition": "JobDefinitionName",
    "AWS::SageMaker::ModelBiasJobDefinition": "JobDefinitionName",
    "AWS::SageMaker::ModelExplainabilityJobDefinition": "JobDefinitionName",
}
# Metrics by namespace, because an alarm on a misspelt metric never fires.
# The metrics of this project are in sagemaker_mlops/contract/monitors.py.
EMITTED_METRICS = {
    "AWS/SageMaker": {
        "Invocations",
        "InvocationsPerInstance",
        "Invocation4XXErrors",
        "Invocation5XXErrors",
        "InvocationModelErrors",
        "ModelLatency",
        "OverheadLatency",
    },
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "Invocations"},
}


@dataclass(frozen=True)
class Finding:
    """Violation of a rule: the rule, the resource, and what to do."""

    rule: str
    logical_id: str
    text: str


Rule = Callable[[str, Resource], Iterator[str]]


def findings(template: Template, own_metrics: Mapping[str, set[str]]) -> list[Finding]:
    """Return all violations of the rules in a template.

    Args:
        template: CloudFormation template.
        own_metrics: metrics that this project publishes, by namespace.
    """
    emitted = {**EMITTED_METRICS, **own_metrics}
    rules: dict[str, Rule] = {
        "canary-size": _canary_size,
        "monitor-cron": _monitor_cron,
        "schedule-definition": _schedule_definition,
        "replaceable-name": _replaceable_name,
        "encryption": _encryption,
        "capture": _capture,
        "serverless": _serverless,
        "oidc-subject": _oidc_subject,
        "dead-letters": _dead_letters,
    }
    found = []
    for logical_id, resource in template.get("Resources", {}).items():
        for name, rule in rules.items():
            found += [
                Finding(name, logical_id, text) for text in rule(resource["Type"], resource.get("Properties", {}))
            ]
        for text in _unknown_metric(resource, emitted):
            found.append(Finding("unknown-metric", logical_id, text))
    return found + list(_missing_alarms(template))


def _canary_size(kind: str, properties: Resource) -> Iterator[str]:
    if kind != "AWS::SageMaker::Endpoint":
        return
    policy = properties.get("DeploymentConfig", {}).get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    sizes = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
    wanted = sizes.get(routing.get("Type", ""))
    if wanted and wanted not in routing:
        yield f"{routing['Type']} without {wanted}; AWS refuses it when the first release is rolled out"
    for name in sizes.values():
        size = routing.get(name, {})
        if size.get("Type") == "CAPACITY_PERCENT" and size["Value"] > LARGEST_STEP_PERCENT:
            yield f"{name} of {size['Value']} percent; at most {LARGEST_STEP_PERCENT} is allowed"


def _monitor_cron(kind: str, properties: Resource) -> Iterator[str]:
    if kind != "AWS::SageMaker::MonitoringSchedule":
        return
    expression = properties.get("MonitoringScheduleConfig", {}).get("ScheduleConfig", {}).get("ScheduleExpression", "")
    if expression != "NOW" and not MONITOR_CRON.fullmatch(expression):
        yield f"{expression!r} is no expression of Model Monitor; use cron(0 * ? * * *) or cron(0 HOUR ? * * *)"


def _schedule_definition(kind: str, properties: Resource) -> Iterator[str]:
    config = properties.get("MonitoringScheduleConfig", {})
    named = config.get("MonitoringJobDefinitionName") or config.get("MonitoringJobDefinition")
    if kind == "AWS::SageMaker::MonitoringSchedule" and not named:
        yield "a schedule without a job definition runs nothing; give MonitoringJobDefinitionName"


def _replaceable_name(kind: str, properties: Resource) -> Iterator[str]:
    name = REPLACED_TYPES.get(kind)
    if name and name in properties:
        yield f"{name} is set, but every change replaces the resource, and the name is taken then; leave it out"


def _encryption(kind: str, properties: Resource) -> Iterator[str]:
    """Check that volumes and reports are encrypted with the environment's key.

    Serverless endpoints have no volume.
    """
    if kind == "AWS::SageMaker::EndpointConfig" and not _is_serverless(properties) and "KmsKeyId" not in properties:
        yield "no KmsKeyId: the endpoint's volume is not encrypted with the environment's key"
    if kind.endswith("JobDefinition"):
        yield from _volume_key(properties.get("JobResources", {}).get("ClusterConfig", {}))
        if not any("KmsKeyId" in value for name, value in properties.items() if name.endswith("OutputConfig")):
            yield "no KmsKeyId: the job's reports are not encrypted with the environment's key"


def _volume_key(cluster: Resource) -> Iterator[str]:
    with_disks, has_key = has_local_storage(cluster.get("InstanceType", "")), "VolumeKmsKeyId" in cluster
    if has_key and with_disks:
        yield f"VolumeKmsKeyId with {cluster['InstanceType']}: AWS refuses a key for instance types with local storage"
    if not has_key and not with_disks:
        yield "no VolumeKmsKeyId: the job's volume is not encrypted with the environment's key"


def _capture(kind: str, properties: Resource) -> Iterator[str]:
    capture = properties.get("DataCaptureConfig")
    if kind != "AWS::SageMaker::EndpointConfig" or not capture:
        return
    modes = {option["CaptureMode"] for option in capture.get("CaptureOptions", [])}
    if modes != {"Input", "Output"}:
        yield f"captures {', '.join(sorted(modes)) or 'nothing'}; the monitors need Input and Output"
    if "KmsKeyId" not in capture:
        yield "no KmsKeyId: captured requests are not encrypted with the environment's key"


def _is_serverless(properties: Resource) -> bool:
    return any("ServerlessConfig" in variant for variant in properties.get("ProductionVariants", []))


def _serverless(kind: str, properties: Resource) -> Iterator[str]:
    """Check that a serverless endpoint uses no feature that AWS excludes.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html, feature exclusions.
    """
    if kind != "AWS::SageMaker::EndpointConfig" or not _is_serverless(properties):
        return
    for name in ("DataCaptureConfig", "ShadowProductionVariants"):
        if properties.get(name):
            yield f"a serverless endpoint cannot have {name}"
    for variant in properties["ProductionVariants"]:
        for name in ("InstanceType", "InitialInstanceCount"):
            if name in variant:
                yield f"a serverless variant cannot have {name}"


def _oidc_subject(kind: str, properties: Resource) -> Iterator[str]:
    for statement in (
        properties.get("AssumeRolePolicyDocument", {}).get("Statement", []) if kind.endswith("Role") else []
    ):
        if statement.get("Action") != "sts:AssumeRoleWithWebIdentity":
            continue
        conditions = statement.get("Condition", {})
        exact = conditions.get("StringEquals", {})
        subject = next((value for key, value in exact.items() if key.endswith(":sub")), None)
        if set(conditions) != {"StringEquals"} or subject is None or "*" in str(subject):
            yield "trusts more than exact subjects of one repository; use StringEquals on the token's sub"
        if not any(key.endswith(":aud") for key in exact):
            yield "does not check the token's audience"


def _dead_letters(kind: str, properties: Resource) -> Iterator[str]:
    """Check that rules and functions have a dead-letter queue, so that no event is lost."""
    if kind == "AWS::Events::Rule":
        for target in properties.get("Targets", []):
            if "DeadLetterConfig" not in target:
                yield f"target {target['Id']} has no dead-letter queue, so events that cannot be delivered are lost"
    if kind == "AWS::Lambda::Function" and "DeadLetterConfig" not in properties:
        yield "the function has no dead-letter queue, so events that it cannot handle are lost"


def _unknown_metric(resource: Resource, emitted: Mapping[str, set[str]]) -> Iterator[str]:
    if resource["Type"] != "AWS::CloudWatch::Alarm":
        return
    properties = resource["Properties"]
    parts = [entry["MetricStat"]["Metric"] for entry in properties.get("Metrics", []) if "MetricStat" in entry]
    for metric in parts or [properties]:
        namespace, name = metric.get("Namespace", ""), metric.get("MetricName", "")
        if name not in emitted.get(namespace, set()):
            yield f"nobody emits {name} in {namespace}, so the alarm never fires; fix the name, or list who emits it"


def _missing_alarms(template: Template) -> Iterator[Finding]:
    """Check that the alarms that roll a release back are in the same template.

    No rollback would happen otherwise.
    """
    resources = template.get("Resources", {})
    for logical_id, resource in resources.items():
        if resource["Type"] != "AWS::SageMaker::Endpoint":
            continue
        deployment = resource["Properties"].get("DeploymentConfig")
        if deployment is None:
            continue
        # The alarms are inside a condition, because they must not stop a rollback.
        guarded = deployment.get("AutoRollbackConfiguration", {}).get("Fn::If", ["", {}, ""])[1]
        for alarm in guarded.get("Alarms", [{"AlarmName": "none"}]):
            name = alarm["AlarmName"]
            if not (
                isinstance(name, dict) and resources.get(name.get("Ref", ""), {}).get("Type", "").endswith("Alarm")
            ):
                yield Finding(
                    "guard-alarms", logical_id, f"the alarm {name} that should roll back is not in the template"
                )
