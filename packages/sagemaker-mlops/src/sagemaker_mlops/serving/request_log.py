"""Log of the server: one JSON line per event on standard output, without request or response data."""

import sys
import time
from datetime import UTC, datetime
from typing import BinaryIO

from pydantic_core import to_json


class RequestLog:
    """Writer of log lines.

    SageMaker sends them to CloudWatch Logs, which discovers the fields of JSON lines.
    """

    def __init__(self, model_version: str, stream: BinaryIO | None = None) -> None:
        self._model_version, self._stream = model_version, stream or sys.stdout.buffer
        self._second, self._second_text = 0, ""

    def write(self, event: str, **fields: object) -> None:
        """Write one line. `fields` must not contain values of a request."""
        line = {"time": self._now(), "event": event, "model_version": self._model_version, **fields}
        self._stream.write(to_json(line) + b"\n")  # faster than the json module
        self._stream.flush()

    def _now(self) -> str:
        """Return the time of day with milliseconds. The text of a second is kept: there is a line for each request."""
        milliseconds = time.time_ns() // 1_000_000
        second = milliseconds // 1000
        if second != self._second:
            self._second, self._second_text = second, f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
        return f"{self._second_text}.{milliseconds % 1000:03d}+00:00"
