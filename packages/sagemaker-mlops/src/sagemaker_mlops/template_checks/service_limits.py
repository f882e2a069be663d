"""Limits of the services' own models (lengths, patterns, numbers, enumerations) applied to synthesized properties.

Source: botocore's model: the input shape of the operation that CloudFormation calls for a resource type.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

# Resource type: service and operation. Properties are matched with members by name, whatever the case of the first
# letter; a property that the operation does not have is CloudFormation's own and is left out.
OPERATIONS = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ("application-autoscaling", "RegisterScalableTarget"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("application-autoscaling", "PutScalingPolicy"),
    "AWS::Budgets::Budget": ("budgets", "CreateBudget"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm"),
    "AWS::CloudWatch::CompositeAlarm": ("cloudwatch", "PutCompositeAlarm"),
    "AWS::DynamoDB::Table": ("dynamodb", "CreateTable"),
    "AWS::ECR::Repository": ("ecr", "CreateRepository"),
    "AWS::Events::Rule": ("events", "PutRule"),
    "AWS::IAM::Role": ("iam", "CreateRole"),
    "AWS::KMS::Alias": ("kms", "CreateAlias"),
    "AWS::KMS::Key": ("kms", "CreateKey"),
    "AWS::Lambda::EventInvokeConfig": ("lambda", "PutFunctionEventInvokeConfig"),
    "AWS::Lambda::Function": ("lambda", "CreateFunction"),
    "AWS::Logs::LogGroup": ("logs", "CreateLogGroup"),
    "AWS::SageMaker::DataQualityJobDefinition": ("sagemaker", "CreateDataQualityJobDefinition"),
    "AWS::SageMaker::Endpoint": ("sagemaker", "CreateEndpoint"),
    "AWS::SageMaker::EndpointConfig": ("sagemaker", "CreateEndpointConfig"),
    "AWS::SageMaker::Model": ("sagemaker", "CreateModel"),
    "AWS::SageMaker::ModelBiasJobDefinition": ("sagemaker", "CreateModelBiasJobDefinition"),
    "AWS::SageMaker::ModelExplainabilityJobDefinition": ("sagemaker", "CreateModelExplainabilityJobDefinition"),
    "AWS::SageMaker::ModelPackageGroup": ("sagemaker", "CreateModelPackageGroup"),
    "AWS::SageMaker::ModelQualityJobDefinition": ("sagemaker", "CreateModelQualityJobDefinition"),
    "AWS::SageMaker::MonitoringSchedule": ("sagemaker", "CreateMonitoringSchedule"),
    "AWS::SageMaker::Pipeline": ("sagemaker", "CreatePipeline"),
    "AWS::Scheduler::Schedule": ("scheduler", "CreateSchedule"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "CreateSecret"),
}
# Types whose names botocore's model does not limit: the documented length and pattern.
DOCUMENTED = {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    ("AWS::S3::Bucket", "BucketName"): (3, 63, r"[a-z0-9][a-z0-9.-]*[a-z0-9]"),
    # botocore 1.44.5, sqs CreateQueue, QueueName documentation
    ("AWS::SQS::Queue", "QueueName"): (1, 80, r"[A-Za-z0-9_-]+"),
    # botocore 1.44.5, sns CreateTopic, Name documentation
    ("AWS::SNS::Topic", "TopicName"): (1, 256, r"[A-Za-z0-9_-]+"),
    # botocore 1.44.5, cloudwatch PutDashboard, DashboardName documentation
    ("AWS::CloudWatch::Dashboard", "DashboardName"): (1, 255, r"[A-Za-z0-9_-]+"),
    # SageMaker allows 256; Pipelines makes the names of its jobs (63 characters) of it. Assumed: it cuts there.
    ("AWS::SageMaker::Pipeline", "PipelineName"): (1, 82, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}"),
}
# What Java has and Python has not: classes (any printable text), surrogate pairs, flags in the middle.
JAVA_PATTERNS = {
    r"\p{Print}": r"[\x20-\x7E]",
    r"[\p{L}\p{M}\p{Z}\p{S}\p{N}\p{P}]": r"[^\x00-\x1F]",
    r"\p{L}": "A-Za-z",
    r"\p{Z}": " ",
    r"\p{N}": "0-9",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    "(?i)": "",
}
UNLIMITED = frozenset(
    {
        "AWS::IAM::OIDCProvider",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def input_shape(service: str, operation: str) -> Shape:
    """Return the input shape of an operation."""
    return _session().get_service_model(service).operation_model(operation).input_shape


def faults(kind: str, properties: Mapping[str, Any]) -> list[str]:
    """Return every broken limit of a resource, with the shape that says so. Intrinsic functions must be resolved."""
    found = list(_documented(kind, properties))
    if kind in OPERATIONS:
        found += _of_structure(properties, input_shape(*OPERATIONS[kind]), kind)
    return found


def _documented(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    for (owner, name), (least, most, pattern) in DOCUMENTED.items():
        value = properties.get(name) if owner == kind else None
        if isinstance(value, str) and not (least <= len(value) <= most and re.fullmatch(pattern, value)):
            yield f"{kind}.{name}: {value!r} ({len(value)} characters) is not {least} to {most} of {pattern}"


def _of(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        yield from _of_structure(value, shape, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _between(len(value), shape, path, "entries")
        for number, entry in enumerate(value):
            yield from _of(entry, shape.member, f"{path}[{number}]")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        yield from _between(len(value), shape, path, "entries")
        for key, entry in value.items():
            yield from _of(key, shape.key, f"{path}.{key}")
            yield from _of(entry, shape.value, f"{path}.{key}")
    elif isinstance(value, str):
        yield from _of_text(value, shape, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _between(value, shape, path, "")


def _of_structure(value: Mapping[str, Any], shape: Shape, path: str) -> Iterator[str]:
    assert isinstance(shape, StructureShape)
    members = {name.lower(): member for name, member in shape.members.items()}
    for name, entry in value.items():
        if name.lower() in members:
            yield from _of(entry, members[name.lower()], f"{path}.{name}")


def _of_text(value: str, shape: Shape, path: str) -> Iterator[str]:
    if shape.type_name != "string":
        return
    yield from _between(len(value), shape, path, "characters")
    pattern, allowed = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if pattern and not _matches(pattern, value):
        yield f"{path}: {value!r} does not match {pattern} ({shape.name})"
    if allowed and value not in allowed:
        yield f"{path}: {value!r} is none of {shape.name}"


def _matches(pattern: str, value: str) -> bool:
    """Return whether a text matches a pattern of the model; those are written for Java, which has more classes."""
    for java, python in JAVA_PATTERNS.items():
        pattern = pattern.replace(java, python)
    return re.fullmatch(pattern, value, re.DOTALL) is not None


def _between(number: float, shape: Shape, path: str, unit: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and number < least) or (most is not None and number > most):
        yield f"{path}: {number:g} {unit} is not within {least} and {most} ({shape.name})".replace("  ", " ")
