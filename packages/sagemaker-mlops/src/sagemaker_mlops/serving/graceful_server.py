"""A server that loses no request when it is told to end."""

import time
from types import FrameType

import uvicorn

from sagemaker_mlops.serving.draining import Draining

# The load balancer notices that a server drains some time after the signal; until then it sends requests.
QUIET_SECONDS = 0.5
SAME_SIGNAL_SECONDS = 1.0  # sent to a group, it comes directly and from the parent
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
        """Begin to drain; a second signal, if it is not the same one by another way, ends at once."""
        if self._draining.begun:
            if time.monotonic() - self._draining.begun_seconds > SAME_SIGNAL_SECONDS:
                super().handle_exit(sig, frame)
            return
        self._draining.begin()

    async def on_tick(self, counter: int) -> bool:
        """Whether to end, asked ten times a second: told to, and quiet since, or out of patience."""
        if await super().on_tick(counter):
            return True
        if not self._draining.begun:
            return False
        now, draining = time.monotonic(), self._draining
        is_quiet = not draining.busy and now - draining.last_request_seconds > QUIET_SECONDS
        return is_quiet or now - draining.begun_seconds > LONGEST_DRAIN_SECONDS
