"""Send the lines of a container to CloudWatch Logs, some at a time, and keep them in a file as well."""

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

    def write(self, line: str) -> None:
        """Add a line."""
        with self._lock:
            self._file.write(line + "\n")
            self._lines.append((int(time.time() * 1000), line or " "))  # the service refuses empty events
            if self._timer is None:
                self._timer = Timer(SEND_EVERY_SECONDS, self._send)
                self._timer.daemon = True
                self._timer.start()

    def _send(self) -> None:
        with self._sending:  # whoever closes waits for what is on its way
            with self._lock:
                lines, self._lines, self._timer = self._lines, [], None
                self._file.flush()
            if lines:
                self._host.log(self._scope, self._group, self._stream, lines)

    def discard(self) -> None:
        """Forget what is left: the cloud that it belongs to is being reset."""
        with self._lock:
            self._lines = []

    def close(self) -> None:
        """Send what is left."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        self._send()
        self._file.close()
