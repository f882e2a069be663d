"""A server that loses no request when it is told to end."""

import time
from types import FrameType

import uvicorn

from serving.draining import Draining

# The load balancer notices that a server drains some time after the signal; until then it sends requests.
QUIET_SECONDS = 0.5
LONGEST_DRAIN_SECONDS = 20.0


class GracefulServer(uvicorn.Server):
    """On the first signal it goes on answering, closing each connection after its answer, until no request comes.

    uvicorn by itself stops listening at once: what has just connected gets a reset. SageMaker sends SIGTERM, and
    SIGKILL 30 seconds later: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    def __init__(self, config: uvicorn.Config, draining: Draining) -> None:
        super().__init__(config)
        self._draining = draining

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; a second signal ends at once."""
        if self._draining.begun:
            super().handle_exit(sig, frame)
            return
        self._draining.begin()

    async def on_tick(self, counter: int) -> bool:
        """Whether to end, asked ten times a second: told to, and quiet since, or out of patience."""
        if await super().on_tick(counter):
            return True
        if not self._draining.begun:
            return False
        now = time.monotonic()
        return (
            now - self._draining.last_request_seconds > QUIET_SECONDS
            or now - self._draining.begun_seconds > LONGEST_DRAIN_SECONDS
        )
