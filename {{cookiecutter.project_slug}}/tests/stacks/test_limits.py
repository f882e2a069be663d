"""No template asks for more than the services' own models allow, with the longest names that the settings allow."""

from copy import deepcopy
from typing import Any

import pytest
from sagemaker_mlops.environments.settings import LONGEST_PROJECT_NAME, Settings
from sagemaker_mlops.template_checks.service_limits import DOCUMENTED, OPERATIONS, UNLIMITED, faults
from sagemaker_mlops.template_checks.template_policies import Stack

from tests.stacks.conftest import Synthesize, Templates
from tests.stacks.settings import PLACES, SERVERLESS, settings


def longest(**changes: Any) -> Settings:
    values = settings(**changes).model_dump()
    values["project"] = "p" * LONGEST_PROJECT_NAME
    return Settings.model_validate(values)


VARIATIONS = {
    "base": settings(),
    "longest-names": longest(trains=True),
    "longest-names-scheduled": longest(trains=True, monitoring_runtime="scheduled_pipeline"),
    "serverless": settings(**SERVERLESS),
}


def resolved(templates: Templates) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return type and properties of every resource, without intrinsic functions as far as they are known."""
    return {
        f"{environment}/{logical_id}": (entry["Type"], stack.resolve(entry.get("Properties", {})))
        for environment, capability in templates
        for stack in [Stack(templates, environment, capability, PLACES)]
        for logical_id, entry in stack.resources.items()
    }


@pytest.mark.parametrize("variation", VARIATIONS)
def test_every_resource_keeps_the_limits_of_its_service(synthesize: Synthesize, variation: str) -> None:
    found = resolved(synthesize(VARIATIONS[variation]))
    broken = {name: faults(kind, properties) for name, (kind, properties) in found.items()}
    assert {name: texts for name, texts in broken.items() if texts} == {}


def test_every_resource_type_has_limits_or_is_listed_as_having_none(templates: Templates) -> None:
    kinds = {kind for kind, _ in resolved(templates).values()}
    assert kinds - set(OPERATIONS) - UNLIMITED - {kind for kind, _ in DOCUMENTED} == set()


ENDPOINT, CONFIG, ALARM = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig", "AWS::CloudWatch::Alarm"
DAMAGES: list[tuple[str, list[str | int], Any, str]] = [
    (ENDPOINT, ["EndpointName"], "e" * 64, "(EndpointName)"),
    (ENDPOINT, ["EndpointName"], "under_score", "does not match"),
    (
        ENDPOINT,
        ["DeploymentConfig", "BlueGreenUpdatePolicy", "MaximumExecutionTimeoutInSeconds"],
        28_801,
        "28801 is not within 600 and 28800",
    ),
    (
        ENDPOINT,
        ["DeploymentConfig", "BlueGreenUpdatePolicy", "TrafficRoutingConfiguration", "WaitIntervalInSeconds"],
        3_601,
        "(WaitIntervalInSeconds)",
    ),
    (CONFIG, ["DataCaptureConfig", "InitialSamplingPercentage"], 101, "(SamplingPercentage)"),
    (CONFIG, ["ProductionVariants", 0, "InstanceType"], "ml.m5.huge", "is none of ProductionVariantInstanceType"),
    (CONFIG, ["ProductionVariants", 0, "VariantName"], "v" * 64, "(VariantName)"),
    (ALARM, ["AlarmName"], "a" * 256, "(AlarmName)"),
    (ALARM, ["EvaluationPeriods"], 0, "(EvaluationPeriods)"),
    ("AWS::IAM::Role", ["RoleName"], "r" * 65, "(roleNameType)"),
    ("AWS::IAM::Role", ["MaxSessionDuration"], 43_201, "(roleMaxSessionDurationType)"),
    ("AWS::Lambda::Function", ["Timeout"], 0, "(Timeout)"),
    ("AWS::Lambda::Function", ["MemorySize"], 64, "(MemorySize)"),
    ("AWS::S3::Bucket", ["BucketName"], "Capitals", "BucketName"),
    ("AWS::SQS::Queue", ["QueueName"], "q" * 81, "81 characters"),
    ("AWS::SageMaker::MonitoringSchedule", ["MonitoringScheduleName"], "s" * 64, "(MonitoringScheduleName)"),
]


@pytest.mark.parametrize(("kind", "path", "value", "text"), DAMAGES)
def test_a_broken_limit_is_caught(
    templates: Templates, kind: str, path: list[str | int], value: Any, text: str
) -> None:
    properties = deepcopy(next(given for found, given in resolved(templates).values() if found == kind))
    target: Any = properties
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = value
    assert [fault for fault in faults(kind, properties) if text in fault]
