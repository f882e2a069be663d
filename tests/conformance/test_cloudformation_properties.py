"""Every property of the resource types that the stacks use, wrong once: CloudFormation refuses it in the template.

Sources: the schemas of the resource types in CloudFormation's registry, as cfn-lint 1.58.0 ships them; early
validation, https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html. The texts
are those of https://github.com/everit-org/json-schema, except the required property's (aws/aws-cdk-cli#1463); that
early validation words the others in the same way is assumed.
"""

import json
from typing import Any

import pytest
from localcloud.cloudformation.resource_schema import resource_schema

from tests.conformance.property_cases import Case, cases_of, valid_resource
from tests.conformance.resource_types import RESOURCE_TYPES
from tests.localcloud.conftest import BUCKET, LocalCloud, cloud, start_cloud  # noqa: F401

BASE = {"Type": "AWS::SQS::Queue"}
MOST_RESOURCES = 450  # CloudFormation takes 500


def schema_of(kind: str) -> dict[str, Any]:
    found = resource_schema(kind, "eu-west-1")
    assert found is not None, kind
    return found.definition


def faults(cloud: LocalCloud, resources: dict[str, Any]) -> dict[str, set[tuple[str, str]]]:  # noqa: F811
    """Create a change set; returns path and reason of what is wrong by logical id."""
    key = "properties.json"
    cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps({"Resources": {"Base": BASE, **resources}}))
    client = cloud.client("cloudformation")
    made = client.create_change_set(
        StackName="properties",
        ChangeSetName="properties",
        ChangeSetType="CREATE",
        TemplateURL=f"{cloud.running.url}/{BUCKET}/{key}",
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    pages = client.get_paginator("describe_events").paginate(ChangeSetName=made["Id"])
    found: dict[str, set[tuple[str, str]]] = {}
    for event in (event for page in pages for event in page["OperationEvents"]):
        name = event["LogicalResourceId"]
        path = event["ValidationPath"].removeprefix(f"/Resources/{name}/Properties")
        found.setdefault(name, set()).add((path, event["ValidationStatusReason"]))
    client.delete_stack(StackName="properties")
    return found


@pytest.mark.parametrize("kind", RESOURCE_TYPES)
def test_a_wrong_property_is_refused(cloud: LocalCloud, kind: str) -> None:  # noqa: F811
    cases = list(cases_of(schema_of(kind)))
    assert len(cases) > 3
    missed: list[Case] = []
    for start in range(0, len(cases), MOST_RESOURCES):
        batch = {f"R{number}": case for number, case in enumerate(cases[start : start + MOST_RESOURCES])}
        resources = {name: {"Type": kind, "Properties": case.properties} for name, case in batch.items()}
        found = faults(cloud, resources)
        missed += [case for name, case in batch.items() if (case.path, case.reason) not in found.get(name, set())]
    assert not missed


def test_a_resource_with_what_it_requires_is_accepted(cloud: LocalCloud) -> None:  # noqa: F811
    """The cases above differ from these by one fault."""
    kinds = {f"R{number}": kind for number, kind in enumerate(RESOURCE_TYPES)}
    resources = {name: {"Type": kind, "Properties": valid_resource(schema_of(kind))} for name, kind in kinds.items()}
    assert {kinds[name]: found for name, found in faults(cloud, resources).items()} == {}
