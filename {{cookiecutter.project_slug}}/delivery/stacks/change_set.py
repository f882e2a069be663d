"""A change set: look at it, refuse it or execute it, follow it, and tell why it failed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.errors import DeliveryError
from delivery.stacks.deployer import deployer_client
from delivery.stacks.protection import dangers
from delivery.target import Target

NAME = "delivery"
POLL_SECONDS = 0.5
Progress = Callable[[str], None]
NOT_THERE = ("ChangeSetNotFound", "ValidationError")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class ChangeSet:
    """The prepared change set of one stack."""

    target: Target
    stack: str

    @property
    def _client(self) -> Any:
        return deployer_client(self.target, "cloudformation")

    def refuse_dangers(self, allowed: frozenset[str]) -> None:
        """Raise DeliveryError, and delete the change set, if it would harm what is protected."""
        found = dangers(self._changes(), allowed)
        if not found:
            return
        self._client.delete_change_set(StackName=self.stack, ChangeSetName=NAME)
        ids = " ".join(danger.logical_id for danger in found)
        listed = "\n".join(f"  {danger}" for danger in found)
        raise DeliveryError(
            f"{self.stack} was not changed, because the deployment\n{listed}\n"
            f'If that is what you want, name it: make deploy ENV={self.target.name} ALLOW="{ids}"'
        )

    def _changes(self) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("describe_change_set").paginate(StackName=self.stack, ChangeSetName=NAME)
        return [change for page in pages for change in page["Changes"]]

    def is_prepared(self) -> bool:
        """Whether there is a change set to execute; without changes there is none."""
        try:
            found = self._client.describe_change_set(StackName=self.stack, ChangeSetName=NAME)
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise
            return False
        return bool(found["ExecutionStatus"] == "AVAILABLE")

    def create_with_parameters(self, parameters: Mapping[str, str]) -> None:
        """Prepare a change of parameters only: the template and the other parameters stay."""
        stack = self._client.describe_stacks(StackName=self.stack)["Stacks"][0]
        given = [
            {"ParameterKey": key, "ParameterValue": parameters[key]}
            if key in parameters
            else {"ParameterKey": key, "UsePreviousValue": True}
            for key in (entry["ParameterKey"] for entry in stack.get("Parameters", []))
        ]
        self._forget_earlier()
        self._client.create_change_set(
            StackName=self.stack,
            ChangeSetName=NAME,
            UsePreviousTemplate=True,
            Parameters=given,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            RoleARN=self.target.names.bootstrap_role_arn("cfn-exec"),
        )
        self._wait_until_created()

    def _forget_earlier(self) -> None:
        """An executed or abandoned change set keeps its name."""
        try:
            self._client.delete_change_set(StackName=self.stack, ChangeSetName=NAME)
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise

    def _wait_until_created(self) -> None:
        while True:
            found = self._client.describe_change_set(StackName=self.stack, ChangeSetName=NAME)
            if found["Status"] == "CREATE_COMPLETE":
                return
            if found["Status"] == "FAILED":
                self._client.delete_change_set(StackName=self.stack, ChangeSetName=NAME)
                reason = found.get("StatusReason", "")
                if any(words in reason for words in NO_CHANGES):
                    return
                raise DeliveryError(f"{self.stack}: CloudFormation refused the change: {reason}")
            time.sleep(POLL_SECONDS)

    def execute(self, progress: Progress) -> None:
        """Execute and follow; raises DeliveryError with the first reason if the stack rolled back."""
        seen = {event["EventId"] for event in self._events()}
        self._client.execute_change_set(StackName=self.stack, ChangeSetName=NAME)
        reasons: list[str] = []
        while True:
            status = self._client.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
            fresh = [event for event in self._events() if event["EventId"] not in seen]
            seen |= {event["EventId"] for event in fresh}
            for event in reversed(fresh):
                self._tell(event, reasons, progress)
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(POLL_SECONDS)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise DeliveryError(f"{self.stack} is {status}: {reasons[0] if reasons else 'see its events'}")

    def _events(self) -> list[Mapping[str, Any]]:
        events: list[Mapping[str, Any]] = self._client.describe_stack_events(StackName=self.stack)["StackEvents"]
        return events

    def _tell(self, event: Mapping[str, Any], reasons: list[str], progress: Progress) -> None:
        status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
        if event["LogicalResourceId"] == self.stack or event.get("PhysicalResourceId") == event.get("StackId"):
            return
        if status.endswith("_FAILED"):
            if "cancelled" not in reason:
                reasons.append(f"{event['LogicalResourceId']}: {reason}")
            progress(f"  {event['ResourceType']} {event['LogicalResourceId']}: {status}: {reason}")
        elif status.endswith("_COMPLETE") and event["ResourceType"] == "AWS::SageMaker::Endpoint":
            progress(f"  {event['ResourceType']} {event['LogicalResourceId']}: {status}")
