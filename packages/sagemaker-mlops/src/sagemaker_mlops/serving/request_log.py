"""Log of the server: one JSON line per event on standard output, without request or response data."""

import json
import sys
from datetime import UTC, datetime
from typing import TextIO


class RequestLog:
    """Writer of log lines.

    SageMaker sends them to CloudWatch Logs, which discovers the fields of JSON lines.
    """

    def __init__(self, model_version: str, stream: TextIO | None = None) -> None:
        self._model_version, self._stream = model_version, stream or sys.stdout

    def write(self, event: str, **fields: object) -> None:
        """Write one line. `fields` must not contain values of a request."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": now, "event": event, "model_version": self._model_version, **fields}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()
