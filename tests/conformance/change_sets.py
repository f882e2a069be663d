"""Change sets of new stacks: CloudFormation checks a template, and nothing of it is made."""

import json
import time
from collections.abc import Mapping
from typing import Any

from tests.conformance.observations import Observe
from tests.conformance.target import Refusal, Target

QUEUE: dict[str, Any] = {"Type": "AWS::SQS::Queue"}
# Early validation takes a few seconds on AWS.
LONGEST_SECONDS = 60.0
SETTLED = ("CREATE_COMPLETE", "FAILED")


def queue(**properties: Any) -> dict[str, Any]:
    """A queue with properties."""
    return {**QUEUE, "Properties": properties}


def resources(**members: Any) -> dict[str, Any]:
    """A template of resources."""
    return {"Resources": members}


class ChangeSets:
    """Change sets of one stack after the other; each stack is deleted again before it has anything."""

    def __init__(self, aws: Target) -> None:
        self._aws, self._client = aws, aws.client("cloudformation")

    def refused(self, template: dict[str, Any], parameters: Mapping[str, str] | None = None, **members: Any) -> Refusal:
        """Ask for a change set; returns how it is refused."""
        name = self._aws.name("refused-template")
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()]
        return self._aws.refusal(
            "cloudformation",
            "create_change_set",
            if_accepted=lambda: self._client.delete_stack(StackName=name),
            StackName=name,
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(template),
            Parameters=given,
            Tags=self._aws.tags,
            **members,
        )

    def check(
        self,
        observe: Observe,
        template: dict[str, Any],
        message: str,
        what: str = "template",
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Hold the refusal of a template to its documented message."""
        found = self.refused(template, parameters)
        observe(f"{what}: code", found.code, documented="ValidationError")
        observe(f"{what}: message", found.message, documented=message)

    def judged(self, what: str, template: dict[str, Any]) -> dict[str, Any]:
        """Make a change set; returns its status, its reason, and what early validation found by path."""
        name = self._aws.name(what)
        made = self._client.create_change_set(
            StackName=name,
            ChangeSetName="c",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM"],
            Tags=self._aws.tags,
        )
        self._aws.undo(f"stack {name}", lambda: self._client.delete_stack(StackName=name))
        described = self._settled(made["Id"])
        events = self._client.describe_events(ChangeSetName=made["Id"])["OperationEvents"]
        found = {
            event["ValidationPath"]: event["ValidationStatusReason"]
            for event in events
            if event["EventType"] == "VALIDATION_ERROR"
        }
        return {"status": described["Status"], "reason": described.get("StatusReason", ""), "found": found}

    def _settled(self, identity: str) -> dict[str, Any]:
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            found: dict[str, Any] = self._client.describe_change_set(ChangeSetName=identity)
            if found["Status"] in SETTLED or time.monotonic() > deadline:
                return found
            time.sleep(0.5)
