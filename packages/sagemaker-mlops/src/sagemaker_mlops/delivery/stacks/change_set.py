"""CloudFormation change sets: create, check, execute and follow them, and report why they failed."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks.deployer import deployer_client
from sagemaker_mlops.delivery.stacks.early_validation import validation_faults
from sagemaker_mlops.delivery.stacks.model_monitor_access import closed_message, failure_reason
from sagemaker_mlops.delivery.stacks.protection import ENDPOINT, protected_changes
from sagemaker_mlops.delivery.target import Target

STATUS_INTERVAL_SECONDS = 15.0
# Time without a successful API call, for example while throttled, after which the command stops following a change.
STATUS_TIMEOUT_SECONDS = 120.0
Progress = Callable[[str], None]
NOT_THERE = ("ChangeSetNotFound", "ValidationError")
CONFLICT_CODES = ("ChangeSetNotFound", "ValidationError", "InvalidChangeSetStatus", "InvalidChangeSetStatusException")
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class StackRolledBack(DeliveryError):
    """Rollback of a change by CloudFormation, complete or failed; `status` is the status of the stack."""

    def __init__(self, message: str, status: str) -> None:
        super().__init__(message)
        self.status = status


class ModelMonitorClosed(StackRolledBack):
    """Rollback because the account cannot use Model Monitor; the message has the command for another runtime."""


class StackConflict(DeliveryError):
    """Conflict with another operation on the stack before the change set was executed; nothing was changed."""


class ProgressUnavailable(DeliveryError):
    """Loss of access to the progress of a change, which CloudFormation continues."""


@dataclass(frozen=True)
class ChangeSet:
    """Change set of one stack."""

    target: Target
    stack: str
    # The name is unique, so that the change set that was checked is executed even if another one is created meanwhile.
    name: str = field(default_factory=lambda: f"delivery-{uuid.uuid4().hex[:12]}")

    @property
    def _client(self) -> Any:
        return deployer_client(self.target, "cloudformation")

    def check_protected_resources(self, allowed: frozenset[str]) -> None:
        """Delete the change set and raise DeliveryError if it removes or replaces protected resources.

        Args:
            allowed: Logical or physical ids of protected resources that may be removed or replaced.

        Raises:
            StackConflict: Another operation is changing the stack.
        """
        with self._conflicts():
            found = protected_changes(self._changes(), allowed)
        if not found:
            return
        self._client.delete_change_set(StackName=self.stack, ChangeSetName=self.name)
        options = " ".join(f"--allow {change.logical_id}" for change in found)
        listed = "\n".join(f"  {change}" for change in found)
        raise DeliveryError(
            f"{self.stack} was not changed, because the deployment\n{listed}\n"
            f"If that is what you want: mlops deploy -e {self.target.name} {options}"
        )

    def touches(self, resource_type: str) -> bool:
        """Return True if the change set changes a resource of a type."""
        return any(change.get("ResourceChange", {}).get("ResourceType") == resource_type for change in self._changes())

    def _changes(self) -> list[Mapping[str, Any]]:
        pages = self._client.get_paginator("describe_change_set").paginate(
            StackName=self.stack, ChangeSetName=self.name
        )
        return [change for page in pages for change in page["Changes"]]

    def is_prepared(self) -> bool:
        """Return True if the change set can be executed, and False if there is none or it has no changes.

        Raises:
            StackConflict: Another operation is changing the stack.
            DeliveryError: CloudFormation refused the change.
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

    def _overtaken(self, what: str) -> StackConflict:
        return StackConflict(
            f"{self.stack}: another operation on the stack is in progress ({what}); run the command again when that "
            "has ended"
        )

    @contextmanager
    def _conflicts(self) -> Iterator[None]:
        """Raise StackConflict for the errors that another operation on the stack causes.

        CloudFormation deletes the pending change sets of a stack when another one is executed.
        """
        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICT_CODES:
                raise
            raise self._overtaken(error.response["Error"]["Message"]) from None

    def create_with_parameters(self, parameters: Mapping[str, str]) -> bool:
        """Create the change set for new parameter values; the template and the other parameters stay the same.

        Returns:
            False if there is nothing to change.

        Raises:
            StackConflict: Another operation is changing the stack.
            DeliveryError: CloudFormation refused the change.
        """
        with self._conflicts():
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
            time.sleep(self.target.poll_seconds)

    def _refused(self, reason: str) -> bool:
        """Delete a failed change set. Return False if it had no changes, otherwise raise DeliveryError."""
        has_changes = not any(words in reason for words in NO_CHANGES)
        faults = validation_faults(self._client, self.stack, self.name) if has_changes else []
        self._client.delete_change_set(StackName=self.stack, ChangeSetName=self.name)
        if not has_changes:
            return False
        listed = "".join(f"\n  {fault}" for fault in faults)
        raise DeliveryError(f"{self.stack}: CloudFormation refused the change: {reason}{listed}")

    def execute(self, progress: Progress, watch: Callable[[], None] | None = None) -> None:
        """Execute the change set and follow it until the stack is settled.

        Args:
            progress: Called with progress messages.
            watch: Called at every poll, in place of the regular status messages.

        Raises:
            StackRolledBack: The change failed; the message contains the first reason.
            ModelMonitorClosed: The change failed because AWS does not let the account use Model Monitor.
            StackConflict: Another operation is changing the stack.
            ProgressUnavailable: The status could not be read for STATUS_TIMEOUT_SECONDS.
        """
        seen = {event["EventId"] for event in self._events()}
        if not self.is_prepared():
            raise self._overtaken("the change set is gone")
        with self._conflicts():
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
        """Report new events, and regularly the status, until the stack is settled. Return its final status."""
        begin = told = seen_at = time.monotonic()
        while True:
            try:
                status, events = self._look()
            except (ClientError, BotoCoreError, DeliveryError) as error:
                if time.monotonic() - seen_at > STATUS_TIMEOUT_SECONDS:
                    raise self._not_followed(error) from None
                time.sleep(self.target.poll_seconds)
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
            elif time.monotonic() - told > STATUS_INTERVAL_SECONDS:
                told = time.monotonic()
                progress(f"  {status} for {told - begin:.0f} s")
            time.sleep(self.target.poll_seconds)

    def _look(self) -> tuple[str, list[Mapping[str, Any]]]:
        status: str = self._client.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        return status, self._events()

    def _not_followed(self, error: Exception) -> ProgressUnavailable:
        return ProgressUnavailable(
            f"{self.stack} is being changed, but its status could not be read for {STATUS_TIMEOUT_SECONDS:.0f} s: "
            f"{error}. CloudFormation continues; when it has ended, repeat the command: it finishes what is left"
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
