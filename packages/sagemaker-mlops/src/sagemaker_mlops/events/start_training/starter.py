"""Handle one cause: enter it, look at what is true, start or wait, and leave a trace of all of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from .cause import Cause
from .decision import Decision, Policy, Situation, decide
from .ledger import Entry, Ledger
from .training import DataObject, Training

FLIGHT_TRIES, FLIGHT_PAUSE_SECONDS = 20, 1.0
FAILED = ("Failed", "Stopped", "Deleted")
SETTLED = ("started", "merged", "suppressed")


@dataclass(frozen=True)
class Starter:
    """Starts trainings of one environment."""

    ledger: Ledger
    training: Training
    policy: Policy
    image_uri: str
    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def handle(self, cause: Cause) -> Entry:
        """Handle a cause; one that was settled before changes nothing, however often it comes."""
        entry = self.ledger.receive(cause, self.now())
        if cause.tells_what_is_deployed:
            self.ledger.note_commit(entry)
        if self._failed(entry):
            entry = self.ledger.reopen(entry, f"its training failed: {entry.execution_arn}")
        return entry if entry.status in SETTLED else self._handle_open(entry)

    def _failed(self, entry: Entry) -> bool:
        """Whether a drift got a training that failed: the alarm goes on firing, and nobody else would try again."""
        is_started_drift = entry.status in ("started", "merged") and entry.cause.kind == "drift"
        return is_started_drift and self.training.status(entry.execution_arn) == "Failed"

    def _handle_open(self, entry: Entry) -> Entry:
        """Only who would start now stands in line: a hundred causes in a cooldown must not keep out a person's."""
        for _ in range(FLIGHT_TRIES):
            if entry.status == "starting" and (execution_arn := self._own_execution(entry)):
                return self.ledger.settle(entry.cause, "started", entry.reason, execution_arn)
            decision = self._decide(entry.cause, self.training.data_objects(entry.cause.window))
            if decision.outcome != "start":
                return self._set_aside(entry.cause, decision)
            if self.ledger.take_flight(entry.cause, self.now()):
                return self._handle_in_flight(entry.cause)
            self.sleep(FLIGHT_PAUSE_SECONDS)
        return self.ledger.settle(entry.cause, "waiting", "another cause is being handled at this moment")

    def _handle_in_flight(self, cause: Cause) -> Entry:
        try:
            entry = self.ledger.read(cause)  # while it waited, somebody may have settled it
            return entry if entry.status in SETTLED else self._handle_alone(entry.cause, entry)
        finally:
            self.ledger.land(cause)

    def _handle_alone(self, cause: Cause, entry: Entry) -> Entry:
        begun = self.now()
        objects = self.training.data_objects(cause.window)
        decision = self._decide(cause, objects)
        if decision.outcome != "start":
            return self._set_aside(cause, decision)
        # From here on a second try looks for the execution first, and starts again with the same token.
        self.ledger.settle(cause, "starting", decision.reason)
        image_uri = cause.image_uri or self.image_uri
        execution_arn = self.training.start(self._with_commit(cause), image_uri, objects)
        # A person's own window or image is no training of what is deployed: the next commit still wants one.
        is_deployed = not cause.window and not cause.image_uri
        self.ledger.note_start(execution_arn, self.now(), image_uri if is_deployed else "")
        started = self.ledger.settle(cause, "started", entry.reason or f"{cause.kind} starts", execution_arn)
        self._merge_the_others(cause, begun, execution_arn)
        return started

    def _with_commit(self, cause: Cause) -> Cause:
        """The commit that made the image: a cause that waited, or that no commit made, gets the deployed one."""
        return cause if cause.image_uri else replace(cause, git_sha=self.ledger.deployed_commit() or cause.git_sha)

    def _own_execution(self, entry: Entry) -> str | None:
        """The execution of a start whose answer was lost; None if it was never started."""
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

    def _set_aside(self, cause: Cause, decision: Decision) -> Entry:
        status = "waiting" if decision.outcome == "wait" else "suppressed"
        return self.ledger.settle(cause, status, decision.reason)

    def _merge_the_others(self, cause: Cause, begun: datetime, execution_arn: str) -> None:
        """A training on all data with the deployed image does what the causes wanted that came before it began.

        One with a window or an image of its own does not, and neither is such a cause done by another training.
        """
        if cause.window or cause.image_uri:
            return
        for entry in self.ledger.waiting():
            earlier = datetime.fromisoformat(entry.received) < begun
            if earlier and entry.cause.window is None and not entry.cause.image_uri:
                self.ledger.settle(entry.cause, "merged", "a training for another cause did it", execution_arn)
