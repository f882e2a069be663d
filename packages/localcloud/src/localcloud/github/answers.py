"""Requests and answers of the REST API."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request, after its path was matched."""

    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any]
    token: str


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        if self.content is None:
            return b""
        if isinstance(self.content, str):
            return self.content.encode()
        return json.dumps(self.content).encode()


class Refused(Exception):
    """A refusal with GitHub's status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def not_found(what: str) -> Refused:
    """GitHub's 404."""
    return Refused(404, f"Not Found: {what}")
