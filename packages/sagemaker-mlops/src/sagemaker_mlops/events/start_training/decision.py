"""Whether a cause starts a training now, waits, or is of no use. Pure: it reads no clock and calls nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .cause import WITHOUT_COOLDOWN, Cause


@dataclass(frozen=True)
class Policy:
    """The retraining policy, and how long uploads must have paused before new data start a training.

    Uploading several months causes an event for each. The first must not start a training without the others.
    """

    cooldown: timedelta
    minimum_new_rows: int
    upload_pause: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Situation:
    """What is true now, as the services say."""

    now: datetime
    running_execution_arn: str | None
    last_start: datetime | None
    image_uri: str
    has_data: bool
    new_rows: int | None  # None: not known
    newest_data: datetime | None = None  # when the newest object was uploaded
    last_image_uri: str = ""  # the newest training's; empty: not known


Outcome = Literal["start", "wait", "suppress"]


@dataclass(frozen=True)
class Decision:
    """Start, wait in the ledger for reconcile or the next start, or suppress for good; always with the reason."""

    outcome: Outcome
    reason: str


def decide(cause: Cause, situation: Situation, policy: Policy) -> Decision:
    """Decide about a cause."""
    if not situation.image_uri:
        return Decision(
            "wait", "no image is deployed yet: make image, then make deploy with IMAGE=... of build/image-uri.txt"
        )
    if not situation.has_data:
        # Who asks for a window of their own is told; what comes by itself waits for the first data.
        outcome: Outcome = "suppress" if cause.window else "wait"
        upload = "upload some, step 7 of FIRST-CONTACT.md: make put-data FILE=..."
        return Decision(outcome, f"there are no data{_of(cause)}; {upload}")
    if cause.kind == "commit" and situation.last_image_uri == situation.image_uri:
        return Decision("suppress", "the commit changes nothing that trains: the last training had the same image")
    if situation.running_execution_arn:
        return Decision("wait", f"a training is running: {situation.running_execution_arn}")
    if cause.kind in WITHOUT_COOLDOWN:
        return Decision("start", f"{cause.kind} starts at once")
    if cause.kind == "new-data" and _is_uploading(situation, policy):
        return Decision("wait", "data were uploaded a moment ago, and more may come; reconcile looks again")
    if situation.last_start is not None and situation.now < situation.last_start + policy.cooldown:
        until = (situation.last_start + policy.cooldown).isoformat(timespec="minutes")
        return Decision("wait", f"the cooldown after the last training lasts until {until}")
    if situation.new_rows is not None and situation.new_rows < policy.minimum_new_rows:
        return _too_few(cause, situation.new_rows, policy.minimum_new_rows)
    return Decision("start", f"{cause.kind}, and no training since the cooldown")


def _is_uploading(situation: Situation, policy: Policy) -> bool:
    return situation.newest_data is not None and situation.now < situation.newest_data + policy.upload_pause


def _too_few(cause: Cause, found: int, wanted: int) -> Decision:
    reason = f"{found} rows are new since the last training, the contract asks for {wanted}"
    # A schedule comes again by itself; data of which nothing is new are in the last training. Others stay true.
    is_done = cause.kind == "schedule" or (cause.kind == "new-data" and found == 0)
    return Decision("suppress" if is_done else "wait", reason)


def _of(cause: Cause) -> str:
    return f" between {cause.window[0]} and {cause.window[1]}" if cause.window else " yet"
