"""Whether the server is about to end: then it is no longer healthy, and keeps no connection."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Draining:
    """Shared by the server, which begins and ends it, and the application, which answers meanwhile."""

    def __init__(self) -> None:
        self.begun = False
        self.busy = 0
        self.begun_seconds = self.last_request_seconds = time.monotonic()

    def begin(self) -> None:
        """Begin to drain; what comes from now on is answered all the same."""
        self.begun_seconds = self.last_request_seconds = time.monotonic()
        self.begun = True

    @contextmanager
    def request(self) -> Iterator[None]:
        """A request is answered; the server does not end meanwhile."""
        self.last_request_seconds = time.monotonic()
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
