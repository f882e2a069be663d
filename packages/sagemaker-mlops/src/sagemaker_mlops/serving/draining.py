"""Shutdown state of a server process.

While the server drains, `/ping` returns 503 and every connection is closed after its response.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Draining:
    """Shutdown state shared by the server, which starts draining, and the application."""

    def __init__(self) -> None:
        self.begun = False
        self.busy = 0
        self.begun_seconds = self.last_request_seconds = time.monotonic()

    def begin(self) -> None:
        """Start draining. Requests that arrive from now on are still answered."""
        self.begun_seconds = self.last_request_seconds = time.monotonic()
        self.begun = True

    @contextmanager
    def request(self) -> Iterator[None]:
        """Mark a request as in progress while the context is active, so that the server waits for it."""
        self.last_request_seconds = time.monotonic()
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
