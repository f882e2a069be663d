"""What wants a training."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

UNKNOWN = "unknown"
KINDS = ("commit", "schedule", "new-data", "drift", "manual")
# People and commits mean now; the others wait for the cooldown.
WITHOUT_COOLDOWN = ("commit", "manual")
SAFE_TEXT = re.compile(r"[A-Za-z0-9._:/@+=-]{1,200}")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class InvalidCause(ValueError):
    """The event is no cause; the message says what was expected and found."""


@dataclass(frozen=True)
class Cause:
    """One cause; `kind` and `cause_id` together are its identity. An empty text means: not said."""

    kind: str
    cause_id: str
    window: tuple[str, str] | None = None
    image_uri: str = ""
    git_sha: str = UNKNOWN
    attempt: int = 1  # the ledger counts

    @property
    def key(self) -> str:
        """Key in the ledger."""
        return f"{self.kind}:{self.cause_id}"

    @property
    def token(self) -> str:
        """The same attempt of a cause gives the same ClientRequestToken, so SageMaker starts it once."""
        return hashlib.sha256(f"{self.key}#{self.attempt}".encode()).hexdigest()

    @property
    def tells_what_is_deployed(self) -> bool:
        """Whether its commit is that of the deployed image, which `deliver` deploys right before it tells."""
        return self.kind == "commit" and not self.image_uri and self.git_sha != UNKNOWN

    @property
    def alarm(self) -> tuple[str, int] | None:
        """Name of a drift's alarm, and the second since 1970 in which it began to fire; None for other causes."""
        name, separator, since = self.cause_id.rpartition("@")
        if self.kind != "drift" or not separator:
            return None
        try:
            return name, int(datetime.fromisoformat(since).timestamp())
        except ValueError:
            return None

    def as_event(self) -> dict[str, Any]:
        """The event that `parse_cause` reads as this cause."""
        event: dict[str, Any] = {"cause": self.kind, "cause_id": self.cause_id, "git_sha": self.git_sha}
        if self.window:
            event["window"] = ":".join(self.window)
        if self.image_uri:
            event["image_uri"] = self.image_uri
        return event


def parse_cause(event: Mapping[str, Any]) -> Cause:
    """Read an event: cause, cause_id and, optionally, window (2025-02:2025-07), image_uri, git_sha.

    Raises InvalidCause.
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
    """First and last month of `2025-02:2025-07`; raises InvalidCause for anything else."""
    first, separator, last = text.partition(":")
    if not separator or not MONTH.fullmatch(first) or not MONTH.fullmatch(last) or first > last:
        raise InvalidCause(f"expected a window of months such as 2025-02:2025-07, found {text}")
    return first, last
