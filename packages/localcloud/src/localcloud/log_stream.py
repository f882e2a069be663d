"""Log stream of a container: lines are sent to CloudWatch Logs in batches, and also written to a file."""

import time
from pathlib import Path
from threading import Lock, Timer

from localcloud.host import Host
from localcloud.scope import Scope

SEND_EVERY_SECONDS = 0.5


class LogStream:
    """A CloudWatch Logs stream that is written line by line."""

    def __init__(self, host: Host, scope: Scope, group: str, stream: str, file: Path) -> None:
        self._host, self._scope, self._group, self._stream = host, scope, group, stream
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("a", encoding="utf-8")
        self._lines: list[tuple[int, str]] = []
        self._lock, self._sending = Lock(), Lock()
        self._timer: Timer | None = None
        self._is_discarded = False

    def write(self, line: str) -> None:
        """Add a line. A discarded stream takes no more."""
        with self._lock:
            if self._is_discarded:
                return
            self._file.write(line + "\n")
            self._lines.append((int(time.time() * 1000), line or " "))  # the service rejects empty events
            if self._timer is None:
                self._timer = Timer(SEND_EVERY_SECONDS, self._send)
                self._timer.daemon = True
                self._timer.start()

    def _send(self) -> None:
        with self._sending:  # close() waits for the lines that are being sent
            with self._lock:
                lines, self._lines, self._timer = self._lines, [], None
                if not self._file.closed:
                    self._file.flush()
            if lines:
                self._host.log(self._scope, self._group, self._stream, lines)

    def discard(self) -> None:
        """Drop the lines that have not been sent, because localcloud is being reset.

        CloudWatch Logs does not respond during a reset, so `close` must not wait for lines that are being sent.
        """
        with self._lock:
            self._is_discarded = True
            self._lines = []

    def close(self) -> None:
        """Send the remaining lines, unless they were discarded, and close the file."""
        with self._lock:
            is_discarded = self._is_discarded
            if self._timer is not None:
                self._timer.cancel()
        if not is_discarded:
            self._send()
        with self._lock:
            self._file.close()
