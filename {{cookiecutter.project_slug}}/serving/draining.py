"""Whether the server is about to end: then it is no longer healthy, and keeps no connection."""

import time


class Draining:
    """Shared by the server, which begins and ends it, and the application, which answers meanwhile."""

    def __init__(self) -> None:
        self.begun = False
        self.begun_seconds = self.last_request_seconds = time.monotonic()

    def begin(self) -> None:
        """Begin to drain; what comes from now on is answered all the same."""
        self.begun_seconds = self.last_request_seconds = time.monotonic()
        self.begun = True

    def note_request(self) -> None:
        """A request came."""
        self.last_request_seconds = time.monotonic()
