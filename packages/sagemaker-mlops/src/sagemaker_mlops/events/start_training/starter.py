"""Handling of one cause: record it, decide, start a training if needed, and record the outcome."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from .cause import Cause
from .decision import Decision, Policy, Situation, decide
from .ledger import Entry, Ledger
from .training import DataObject, Training

LOCK_ATTEMPTS, LOCK_RETRY_SECONDS = 20, 1.0
FAILED = ("Failed", "Stopped", "Deleted")
CLOSED_STATUSES = ("started", "merged", "suppressed")


@dataclass(frozen=True)
class Starter:
    """Handler of the causes of one environment."""

    ledger: Ledger
    training: Training
    policy: Policy
    image_uri: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def handle(self, cause: Cause) -> Entry:
        """Handle a cause and return its ledger entry.

        The call is idempotent: a cause that is started, merged or suppressed is not handled again. The exception is a
        drift whose training failed, which gets another attempt.
        """
        entry = self.ledger.receive(cause, self.now())
        if cause.names_deployed_commit:
            self.ledger.record_deployed_commit(entry)
        if self._failed(entry):
            entry = self.ledger.reopen(entry, f"its training failed: {entry.execution_arn}")
        return entry if entry.status in CLOSED_STATUSES else self._handle_open(entry)

    def _failed(self, entry: Entry) -> bool:
        """Return True if the training of a drift failed.

        The alarm is still firing and sends no new cause, so the same cause must be tried again.
        """
        is_started_drift = entry.status in ("started", "merged") and entry.cause.kind == "drift"
        return is_started_drift and self.training.status(entry.execution_arn) == "Failed"

    def _handle_open(self, entry: Entry) -> Entry:
        """Acquire the lock only for a cause that can start now, and handle it.

        Otherwise causes that wait for the cooldown would block a manual start.
        """
        for _ in range(LOCK_ATTEMPTS):
            if entry.status == "starting" and (execution_arn := self._interrupted_execution(entry)):
                return self.ledger.settle(entry.cause, "started", entry.reason, execution_arn)
            decision = self._decide(entry.cause, self.training.data_objects(entry.cause.window))
            if decision.outcome != "start":
                return self._record_decision(entry.cause, decision)
            if self.ledger.acquire_lock(entry.cause, self.now()):
                return self._handle_with_lock(entry.cause)
            self.sleep(LOCK_RETRY_SECONDS)
        return self.ledger.settle(
            entry.cause, "waiting", "another cause holds the training lock; reconcile tries again"
        )

    def _handle_with_lock(self, cause: Cause) -> Entry:
        try:
            entry = self.ledger.read(cause)  # another invocation may have settled it in the meantime
            return entry if entry.status in CLOSED_STATUSES else self._start_training(entry.cause, entry)
        finally:
            self.ledger.release_lock(cause)

    def _start_training(self, cause: Cause, entry: Entry) -> Entry:
        begun = self.now()
        objects = self.training.data_objects(cause.window)
        decision = self._decide(cause, objects)
        if decision.outcome != "start":
            return self._record_decision(cause, decision)
        # From this status, a retry first searches for the execution, and otherwise starts it with the same token.
        self.ledger.settle(cause, "starting", decision.reason)
        image_uri = cause.image_uri or self.image_uri
        execution_arn = self.training.start(self._with_commit(cause), image_uri, objects)
        # A training with its own window or image does not cover the deployed image: the next commit needs a training.
        is_deployed = not cause.window and not cause.image_uri
        self.ledger.record_start(execution_arn, self.now(), image_uri if is_deployed else "")
        started = self.ledger.settle(cause, "started", decision.reason or f"{cause.kind} starts", execution_arn)
        self._merge_covered_causes(cause, begun, execution_arn)
        return started

    def _with_commit(self, cause: Cause) -> Cause:
        """Return the cause with the commit of its image.

        A cause without its own image gets the deployed commit, which may be newer than the one it was received with.
        """
        return cause if cause.image_uri else replace(cause, git_sha=self.ledger.deployed_commit() or cause.git_sha)

    def _interrupted_execution(self, entry: Entry) -> str | None:
        """Return the execution of a cause whose start was interrupted, or None if it was not started."""
        return self.training.execution_of(entry.cause, datetime.fromisoformat(entry.received))

    def _decide(self, cause: Cause, objects: list[DataObject]) -> Decision:
        return decide(cause, self._situation(cause, objects), self.policy)

    def _situation(self, cause: Cause, objects: list[DataObject]) -> Situation:
        running, last_start = self.training.running_and_last_start(self.ledger.last_start())
        image_uri = cause.image_uri or self.image_uri
        newest = max((one.uploaded for one in objects if one.uploaded), default=None)
        rows = self.training.new_rows(objects)
        last = self.ledger.last_start()
        failed = last is not None and self.training.status(last[0]) in FAILED
        last_image_uri = "" if failed else self.ledger.last_image_uri()
        return Situation(self.now(), running, last_start, image_uri, bool(objects), rows, newest, last_image_uri)

    def _record_decision(self, cause: Cause, decision: Decision) -> Entry:
        status = "waiting" if decision.outcome == "wait" else "suppressed"
        return self.ledger.settle(cause, status, decision.reason)

    def _merge_covered_causes(self, cause: Cause, begun: datetime, execution_arn: str) -> None:
        """Set the causes that were received before this training began to merged.

        A training on the default window with the deployed image covers them. A cause with its own window or image is
        excluded on both sides: its training covers no other cause, and no other training covers it.
        """
        if cause.window or cause.image_uri:
            return
        for entry in self.ledger.waiting():
            earlier = datetime.fromisoformat(entry.received) < begun
            if earlier and entry.cause.window is None and not entry.cause.image_uri:
                self.ledger.settle(entry.cause, "merged", "covered by the training for another cause", execution_arn)
