"""One JSON line on standard output for every request: what happened, never what was asked or answered."""

import json
import sys
from datetime import UTC, datetime
from typing import TextIO


class RequestLog:
    """Writes the lines. SageMaker sends them to CloudWatch Logs, which finds fields in JSON by itself."""

    def __init__(self, model_version: str, stream: TextIO | None = None) -> None:
        self._model_version, self._stream = model_version, stream or sys.stdout

    def write(self, event: str, **fields: object) -> None:
        """Write a line. `fields` may not hold values of a request."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": now, "event": event, "model_version": self._model_version, **fields}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()
