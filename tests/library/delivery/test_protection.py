from typing import Any

import pytest
from sagemaker_mlops.delivery.stacks.protection import PROTECTED_TYPES, protected_changes


def change(action: str, kind: str = "AWS::SageMaker::Endpoint", **more: Any) -> dict[str, Any]:
    resource = {"Action": action, "LogicalResourceId": "It", "PhysicalResourceId": "arn:it", "ResourceType": kind}
    return {"Type": "Resource", "ResourceChange": {**resource, **more}}


CONDITIONAL = {"Replacement": "Conditional"}
MAY_RECREATE = [{"Target": {"Attribute": "Properties", "RequiresRecreation": "Conditionally"}}]
NEVER = [{"Target": {"Attribute": "Properties", "RequiresRecreation": "Never"}}]


@pytest.mark.parametrize("kind", PROTECTED_TYPES)
def test_removing_what_is_protected_is_a_danger(kind: str) -> None:
    assert [danger.verb for danger in protected_changes([change("Remove", kind)])] == ["removes"]


@pytest.mark.parametrize(
    ("found", "verb"),
    [
        (change("Modify", Replacement="True"), "replaces"),
        (change("Modify", Details=MAY_RECREATE, **CONDITIONAL), "may replace"),
        (change("Modify", **CONDITIONAL), "may replace"),
        (change("Modify", Details=[{"Target": {"Attribute": "Tags"}}], **CONDITIONAL), "may replace"),
    ],
)
def test_replacing_is_one_too(found: dict[str, Any], verb: str) -> None:
    assert [danger.verb for danger in protected_changes([found])] == [verb]


@pytest.mark.parametrize(
    "harmless",
    [
        change("Add"),
        change("Modify", Replacement="False"),
        change("Modify", Details=NEVER, **CONDITIONAL),
        change("Remove", "AWS::SageMaker::EndpointConfig"),
        change("Modify", "AWS::SageMaker::Model", Replacement="True"),
    ],
)
def test_the_rest_is_none(harmless: dict[str, Any]) -> None:
    assert protected_changes([harmless]) == []


@pytest.mark.parametrize("name", ["It", "arn:it"])
def test_what_is_named_may_go(name: str) -> None:
    assert protected_changes([change("Remove")], frozenset({name})) == []
    assert protected_changes([change("Remove")], frozenset({"Other"})) != []


def test_a_person_reads_what_would_go_and_why_it_is_protected() -> None:
    (danger,) = protected_changes([change("Remove")])
    assert str(danger) == "removes AWS::SageMaker::Endpoint It (arn:it): applications call it"


def test_a_resource_that_was_never_created_has_no_physical_id() -> None:
    failed = change("Remove")
    del failed["ResourceChange"]["PhysicalResourceId"]
    (danger,) = protected_changes([failed])
    assert danger.physical_id == ""
    assert protected_changes([failed], frozenset({"It"})) == []
