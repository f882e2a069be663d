"""A change set: look at it, refuse it or execute it, follow it, and tell why it failed."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.polling import look_every
from sagemaker_mlops.delivery.stacks.deployer import deployer_client
from sagemaker_mlops.delivery.stacks.early_validation import validation_faults
from sagemaker_mlops.delivery.stacks.model_monitor_access import closed_message, failure_reason
from sagemaker_mlops.delivery.stacks.protection import ENDPOINT, dangers
from sagemaker_mlops.delivery.target import Target

POLL_SECONDS = 0.5
QUIET_SECONDS = 15.0
# Throttled or cut off for so long, whoever follows a change gives up; CloudFormation does not.
BLIND_SECONDS = 120.0
Progress = Callable[[str], None]
NOT_THERE = ("ChangeSetNotFound", "ValidationError")
OVERTAKEN = ("ChangeSetNotFound", "ValidationError", "InvalidChangeSetStatus", "InvalidChangeSetStatusException")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class StackRolledBack(DeliveryError):
    """CloudFormation could not make a change, and gave back what was before, or tried to; `status` says which."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class ModelMonitorClosed(StackRolledBack):
    """AWS does not let the account use Model Monitor; the message has the command that switches the runtime."""


class ChangeSetOvertaken(DeliveryError):
    """Somebody else changed the stack between the look at it and the change; nothing was changed."""


class ChangeNotFollowed(DeliveryError):
    """A change was begun, and what became of it could not be seen; CloudFormation goes on by itself."""


@dataclass(frozen=True)
class ChangeSet:
    """The prepared change set of one stack."""

    target: Target
    stack: str
    # A name of its own: what was looked at is what is executed, whoever prepares another one meanwhile.
    name: str = field(default_factory=lambda: f"delivery-{uuid.uuid4().hex[:12]}")

    @property
    def _client(self) -> Any:
        return deployer_client(self.target, "cloudformation")

    def refuse_dangers(self, allowed: frozenset[str]) -> None:
        """Raise DeliveryError, and delete the change set, if it would harm what is protected."""
        with self._overtakable():
            found = dangers(self._changes(), allowed)
        if not found:
            return
        self._client.delete_change_set(StackName=self.stack, ChangeSetName=self.name)
        ids = " ".join(danger.logical_id for danger in found)
        listed = "\n".join(f"  {danger}" for danger in found)
        raise DeliveryError(
            f"{self.stack} was not changed, because the deployment\n{listed}\n"
            f'If that is what you want, name it: make deploy ENV={self.target.name} ALLOW="{ids}"'
        )

    def touches(self, resource_type: str) -> bool:
        """Whether it changes a resource of a type."""
        return any(change.get("ResourceChange", {}).get("ResourceType") == resource_type for change in self._changes())

    def _changes(self) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("describe_change_set").paginate(
            StackName=self.stack, ChangeSetName=self.name
        )
        return [change for page in pages for change in page["Changes"]]

    def is_prepared(self) -> bool:
        """Whether there is a change set to execute; without changes there is none.

        Raises DeliveryError if it cannot be executed, because somebody else changed the stack meanwhile.
        """
        try:
            found = self._client.describe_change_set(StackName=self.stack, ChangeSetName=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_THERE:
                raise
            return False
        if found["Status"] == "FAILED":
            return self._refused(found.get("StatusReason", ""))
        if found["ExecutionStatus"] != "AVAILABLE":
            raise self._overtaken(found["ExecutionStatus"])
        return True

    def _overtaken(self, what: str) -> ChangeSetOvertaken:
        return ChangeSetOvertaken(
            f"{self.stack}: somebody else changes the stack at this moment ({what}); run the command again when that "
            "has ended"
        )

    @contextmanager
    def _overtakable(self) -> Iterator[None]:
        """CloudFormation's refusals while another change is under way; it deletes the change sets that it overtook."""
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] not in OVERTAKEN:
                raise
            raise self._overtaken(error.response["Error"]["Message"]) from None

    def create_with_parameters(self, parameters: Mapping[str, str]) -> bool:
        """Prepare a change of parameters only: the template and the other parameters stay. False: nothing to change.

        Raises ChangeSetOvertaken if somebody else changes the stack.
        """
        with self._overtakable():
            return self._create_with_parameters(parameters)

    def _create_with_parameters(self, parameters: Mapping[str, str]) -> bool:
        stack = self._client.describe_stacks(StackName=self.stack)["Stacks"][0]
        given = [
            {"ParameterKey": key, "ParameterValue": parameters[key]}
            if key in parameters
            else {"ParameterKey": key, "UsePreviousValue": True}
            for key in (entry["ParameterKey"] for entry in stack.get("Parameters", []))
        ]
        self._client.create_change_set(
            StackName=self.stack,
            ChangeSetName=self.name,
            UsePreviousTemplate=True,
            Parameters=given,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            RoleARN=self.target.names.bootstrap_role_arn("cfn-exec"),
        )
        return self._wait_until_created()

    def _wait_until_created(self) -> bool:
        while True:
            found = self._client.describe_change_set(StackName=self.stack, ChangeSetName=self.name)
            if found["Status"] == "CREATE_COMPLETE":
                return True
            if found["Status"] == "FAILED":
                return self._refused(found.get("StatusReason", ""))
            time.sleep(look_every(POLL_SECONDS))

    def _refused(self, reason: str) -> bool:
        """Forget a change set that failed; False if it had nothing to change, else raises DeliveryError."""
        has_changes = not any(words in reason for words in NO_CHANGES)
        faults = validation_faults(self._client, self.stack, self.name) if has_changes else []
        self._client.delete_change_set(StackName=self.stack, ChangeSetName=self.name)
        if not has_changes:
            return False
        listed = "".join(f"\n  {fault}" for fault in faults)
        raise DeliveryError(f"{self.stack}: CloudFormation refused the change: {reason}{listed}")

    def execute(self, progress: Progress, watch: Callable[[], None] | None = None) -> None:
        """Execute and follow; `watch` is called at every look. Raises StackRolledBack with the first reason."""
        seen = {event["EventId"] for event in self._events()}
        if not self.is_prepared():
            raise self._overtaken("the change set is gone")
        with self._overtakable():
            self._client.execute_change_set(StackName=self.stack, ChangeSetName=self.name)
        reasons: list[str] = []
        try:
            status = self._follow(seen, reasons, progress, watch)
        except KeyboardInterrupt:
            progress(
                f"{self.stack}: interrupted; CloudFormation goes on by itself. When it has ended, run the same command "
                "again: it finishes what is left"
            )
            raise
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            reason = reasons[0] if reasons else "see its events"
            is_closed = reason == closed_message(self.target.name)
            raise (ModelMonitorClosed if is_closed else StackRolledBack)(f"{self.stack} is {status}: {reason}", status)

    def _follow(self, seen: set[str], reasons: list[str], progress: Progress, watch: Callable[[], None] | None) -> str:
        """Tell of every event until the stack is settled; now and then that it still goes on. Returns its status."""
        begin = told = seen_at = time.monotonic()
        while True:
            try:
                status, events = self._look()
            except (ClientError, BotoCoreError, DeliveryError) as error:
                if time.monotonic() - seen_at > BLIND_SECONDS:
                    raise self._not_followed(error) from None
                time.sleep(look_every(POLL_SECONDS))
                continue
            seen_at = time.monotonic()
            fresh = [event for event in events if event["EventId"] not in seen]
            seen |= {event["EventId"] for event in fresh}
            for event in reversed(fresh):
                self._tell(event, reasons, progress)
            if not status.endswith("_IN_PROGRESS"):
                return status
            if watch is not None:
                watch()
            elif time.monotonic() - told > QUIET_SECONDS:
                told = time.monotonic()
                progress(f"  {status} for {told - begin:.0f} s")
            time.sleep(look_every(POLL_SECONDS))

    def _look(self) -> tuple[str, list[Mapping[str, Any]]]:
        status: str = self._client.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        return status, self._events()

    def _not_followed(self, error: Exception) -> ChangeNotFollowed:
        return ChangeNotFollowed(
            f"{self.stack} is being changed, but AWS has not told how it goes for {BLIND_SECONDS:.0f} s: {error}. "
            "CloudFormation goes on by itself; when it has ended, run the same command again: it finishes what is left"
        )

    def _events(self) -> list[Mapping[str, Any]]:
        events: list[Mapping[str, Any]] = self._client.describe_stack_events(StackName=self.stack)["StackEvents"]
        return events

    def _tell(self, event: Mapping[str, Any], reasons: list[str], progress: Progress) -> None:
        status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
        if event["LogicalResourceId"] == self.stack or event.get("PhysicalResourceId") == event.get("StackId"):
            if "ROLLBACK" in status and reason:
                reasons.append(reason)
            return
        if status.endswith("_FAILED"):
            if "cancelled" not in reason:
                reasons.append(failure_reason(event, self.target.name))
            progress(f"  {event['ResourceType']} {event['LogicalResourceId']}: {status}: {reason}")
        elif status.endswith("_COMPLETE") and event["ResourceType"] == ENDPOINT:
            progress(f"  {event['ResourceType']} {event['LogicalResourceId']}: {status}")
