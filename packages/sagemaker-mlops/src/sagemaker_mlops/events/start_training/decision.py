"""Decision whether a cause starts a training, waits or is suppressed, as a pure function without I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .cause import WITHOUT_COOLDOWN, Cause


@dataclass(frozen=True)
class Policy:
    """Retraining policy: cooldown, minimum number of new rows, and pause after the last upload of data.

    An upload of several months sends one event for each month. The pause keeps the first event from starting a
    training without the other months.
    """

    cooldown: timedelta
    minimum_new_rows: int
    upload_pause: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Situation:
    """Current state of the pipeline and its data, on which a decision is based."""

    now: datetime
    running_execution_arn: str | None
    last_start: datetime | None
    image_uri: str
    has_data: bool
    new_rows: int | None  # None if unknown
    newest_data: datetime | None = None  # upload time of the newest object
    last_image_uri: str = ""  # image of the newest training; empty if unknown


Outcome = Literal["start", "wait", "suppress"]


@dataclass(frozen=True)
class Decision:
    """Outcome for a cause, and its reason.

    A cause that waits remains in the ledger until reconcile or the next start; a suppressed cause is closed.
    """

    outcome: Outcome
    reason: str


def decide(cause: Cause, situation: Situation, policy: Policy) -> Decision:
    """Return whether a cause starts a training now, waits or is suppressed."""
    if not situation.image_uri:
        return Decision(
            "wait",
            "no image is deployed yet: mlops image build, then mlops deploy --image URI; build/image-uri.txt has it",
        )
    if not situation.has_data:
        # A cause with its own window is suppressed, and the reason is returned; other causes wait for the first data.
        outcome: Outcome = "suppress" if cause.window else "wait"
        upload = "upload some, step 7 of FIRST-CONTACT.md: mlops data put FILE"
        return Decision(outcome, f"there are no data{_of(cause)}; {upload}")
    if cause.kind == "commit" and situation.last_image_uri == situation.image_uri:
        return Decision("suppress", "no training needed: the last training used the same image")
    if situation.running_execution_arn:
        return Decision("wait", f"a training is running: {situation.running_execution_arn}")
    if cause.kind in WITHOUT_COOLDOWN:
        return Decision("start", f"{cause.kind} starts at once")
    if cause.kind == "new-data" and _is_uploading(situation, policy):
        return Decision("wait", "data were uploaded a moment ago, and more may follow; reconcile checks again")
    if situation.last_start is not None and situation.now < situation.last_start + policy.cooldown:
        until = (situation.last_start + policy.cooldown).isoformat(timespec="minutes")
        return Decision("wait", f"the cooldown after the last training lasts until {until}")
    if situation.new_rows is not None and situation.new_rows < policy.minimum_new_rows:
        return _too_few_new_rows(cause, situation.new_rows, policy.minimum_new_rows)
    return Decision("start", f"{cause.kind}, and no training since the cooldown")


def _is_uploading(situation: Situation, policy: Policy) -> bool:
    return situation.newest_data is not None and situation.now < situation.newest_data + policy.upload_pause


def _too_few_new_rows(cause: Cause, found: int, wanted: int) -> Decision:
    reason = f"{found} rows are new since the last training, operations.yaml asks for {wanted}"
    # The schedule sends its next cause by itself, and data without new rows are part of the last training. Other
    # causes remain valid until there are enough rows.
    is_done = cause.kind == "schedule" or (cause.kind == "new-data" and found == 0)
    return Decision("suppress" if is_done else "wait", reason)


def _of(cause: Cause) -> str:
    return f" between {cause.window[0]} and {cause.window[1]}" if cause.window else " yet"
