"""Causes: the requests for a training."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

UNKNOWN = "unknown"
KINDS = ("commit", "schedule", "new-data", "drift", "manual")
# Commits and manual starts do not wait for the cooldown.
WITHOUT_COOLDOWN = ("commit", "manual")
SAFE_TEXT = re.compile(r"[A-Za-z0-9._:/@+=-]{1,200}")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class InvalidCause(ValueError):
    """The event is not a valid cause; the message says what was expected and what was found."""


@dataclass(frozen=True)
class Cause:
    """A request for a training, identified by `kind` and `cause_id`.

    `window` is the first and last month of the training data, None for the default window. `image_uri` is empty for
    the deployed image.
    """

    kind: str
    cause_id: str
    window: tuple[str, str] | None = None
    image_uri: str = ""
    git_sha: str = UNKNOWN
    attempt: int = 1  # counted in the ledger

    @property
    def key(self) -> str:
        """Key of the cause in the ledger."""
        return f"{self.kind}:{self.cause_id}"

    @property
    def token(self) -> str:
        """ClientRequestToken of this attempt, which makes SageMaker start it only once."""
        return hashlib.sha256(f"{self.key}#{self.attempt}".encode()).hexdigest()

    @property
    def names_deployed_commit(self) -> bool:
        """True if `git_sha` is the commit of the deployed image.

        The `deliver` workflow deploys the image of a commit before it sends the cause of that commit.
        """
        return self.kind == "commit" and not self.image_uri and self.git_sha != UNKNOWN

    @property
    def alarm(self) -> tuple[str, int] | None:
        """Name and start time (seconds since the epoch) of the alarm of a drift; None for other causes."""
        name, separator, since = self.cause_id.rpartition("@")
        if self.kind != "drift" or not separator:
            return None
        try:
            return name, int(datetime.fromisoformat(since).timestamp())
        except ValueError:
            return None

    def as_event(self) -> dict[str, Any]:
        """Return an event from which `parse_cause` creates this cause."""
        event: dict[str, Any] = {"cause": self.kind, "cause_id": self.cause_id, "git_sha": self.git_sha}
        if self.window:
            event["window"] = ":".join(self.window)
        if self.image_uri:
            event["image_uri"] = self.image_uri
        return event


def parse_cause(event: Mapping[str, Any]) -> Cause:
    """Create a cause from an event.

    The keys of the event are cause, cause_id and, optionally, window (2025-02:2025-07), image_uri and git_sha.

    Raises:
        InvalidCause: if the kind of cause is unknown, or a value has characters that are not allowed.
    """
    kind = event.get("cause")
    if kind not in KINDS:
        raise InvalidCause(f"expected a cause of {', '.join(KINDS)}, found {kind!r}")
    texts = {name: str(event.get(name) or "") for name in ("cause_id", "image_uri", "git_sha")}
    texts["git_sha"] = texts["git_sha"] or UNKNOWN
    for name, text in texts.items():
        if not SAFE_TEXT.fullmatch(text) and not (name == "image_uri" and not text):
            raise InvalidCause(f"expected a {name} of letters, digits and ._:/@+=-, found {text!r}")
    window = parse_window(str(event["window"])) if event.get("window") else None
    return Cause(str(kind), texts["cause_id"], window, texts["image_uri"], texts["git_sha"])


def parse_window(text: str) -> tuple[str, str]:
    """Return the first and last month of a window such as `2025-02:2025-07`.

    Raises:
        InvalidCause: if the text is not a window of months.
    """
    first, separator, last = text.partition(":")
    if not separator or not MONTH.fullmatch(first) or not MONTH.fullmatch(last) or first > last:
        raise InvalidCause(f"expected a window of months such as 2025-02:2025-07, found {text}")
    return first, last
