"""What localcloud reads from CloudFormation's schemas of resource types."""

import json
import subprocess
import sys

import pytest
from localcloud.cloudformation.resource_schema import resource_schema
from localcloud.on_ministack.create_only import recreation_of

REGION = "eu-west-1"


# Source: createOnlyProperties of the schemas (cfn-lint 1.58.0), and each type's page in the template reference
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("AWS::CloudWatch::Alarm", "AlarmName"),
        ("AWS::Events::Rule", "Name"),
        ("AWS::IAM::Role", "RoleName"),
        ("AWS::Lambda::Permission", None),
        ("AWS::Lambda::EventInvokeConfig", None),
        ("AWS::S3::Bucket", "BucketName"),
        ("AWS::SageMaker::DataQualityJobDefinition", "JobDefinitionName"),
        ("AWS::SageMaker::Endpoint", "EndpointName"),
        ("AWS::SageMaker::Model", "ModelName"),
        ("AWS::Budgets::Budget", "Budget/BudgetName"),
    ],
)
def test_a_type_has_a_custom_name(kind: str, name: str | None) -> None:
    schema = resource_schema(kind, REGION)
    assert schema is not None
    assert schema.name_path == name


@pytest.mark.parametrize(
    ("kind", "name", "recreation"),
    [
        ("AWS::SageMaker::Pipeline", "PipelineName", "Always"),
        ("AWS::SageMaker::Pipeline", "PipelineDefinition", "Never"),
        ("AWS::SageMaker::DataQualityJobDefinition", "Tags", "Always"),
        ("AWS::DynamoDB::Table", "KeySchema", "Conditionally"),
        ("AWS::Budgets::Budget", "Budget", "Conditionally"),
        ("AWS::IAM::OIDCProvider", "ClientIdList", "Never"),
    ],
)
def test_a_change_replaces_as_the_schema_says(kind: str, name: str, recreation: str) -> None:
    schema = resource_schema(kind, REGION)
    assert schema is not None
    assert recreation_of(schema, name) == recreation


def test_a_custom_resource_has_no_schema() -> None:
    assert resource_schema("Custom::Anything", REGION) is None


def test_reading_a_schema_imports_no_linter() -> None:
    """cfn-lint's imports are not installed with localcloud, and would take a second of its start."""
    code = (
        "import json, sys; from localcloud.cloudformation.resource_schema import resource_schema; "
        "resource_schema('AWS::S3::Bucket', 'eu-west-1'); print(json.dumps(sorted(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"cfnlint", "networkx", "sympy"} & set(json.loads(printed))
