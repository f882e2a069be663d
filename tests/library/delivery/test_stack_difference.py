"""The difference of a pull request: read with GetTemplate, formatted by CDK without any role of the bootstrap."""

import json
from pathlib import Path
from typing import Any

import pytest
from sagemaker_mlops.delivery.stacks import difference, state
from sagemaker_mlops.delivery.target import Target, target_of

TARGET = target_of("production")
TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


class CloudFormation:
    """CloudFormation with a deployed foundation, and a serving stack of which only a change set exists."""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        status = "REVIEW_IN_PROGRESS" if StackName.endswith("serving") else "UPDATE_COMPLETE"
        return {"Stacks": [{"StackName": StackName, "StackStatus": status}]}

    def get_template(self, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803
        assert (StackName.endswith("serving"), TemplateStage) == (False, "Original")
        return {"TemplateBody": TEMPLATE}


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The template that CDK was given, by the path of the stack in the app."""
    found: dict[str, Any] = {}

    def run_cdk(_target: Target, command: str, stack: str, *words: str, shown: bool) -> str:
        assert (command, shown) == ("diff", False)
        (template,) = [word for word in words if word.startswith("--template=")]
        assert "--exclusively" in words, "CDK refuses several stacks with a template"
        found[stack] = json.loads(Path(template.partition("=")[2]).read_text(encoding="utf-8"))
        return stack

    monkeypatch.setattr(difference, "run_cdk", run_cdk)
    monkeypatch.setattr(Target, "client", lambda *_: CloudFormation())
    return found


def test_every_stack_is_compared_with_its_deployed_template(compared: dict[str, Any]) -> None:
    text = difference.difference_text(TARGET)
    assert list(compared) == [f"production/{name.title()}" for name in state.capabilities(TARGET)]
    assert text.splitlines() == list(compared)
    assert compared["production/Foundation"] == TEMPLATE


def test_a_stack_that_was_never_deployed_is_compared_with_nothing(compared: dict[str, Any]) -> None:
    difference.difference_text(TARGET)
    assert compared["production/Serving"] == {}
