"""Uvicorn server that answers all requests before it stops."""

import time
from types import FrameType

import uvicorn

from sagemaker_mlops.serving.draining import Draining

# The load balancer keeps sending requests until it notices, some time after the signal, that the server drains.
QUIET_SECONDS = 0.5
SAME_SIGNAL_SECONDS = 1.0  # a signal to the process group arrives directly and from the parent process
LONGEST_DRAIN_SECONDS = 20.0


class GracefulServer(uvicorn.Server):
    """Server that drains on the first signal and stops once no request has arrived for QUIET_SECONDS.

    It closes each connection after its response. Uvicorn itself stops listening at once and resets connections that
    were just established. SageMaker sends SIGTERM, and SIGKILL 30 seconds later:
    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    def __init__(self, config: uvicorn.Config, draining: Draining) -> None:
        super().__init__(config)
        self._draining = draining

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Start draining on the first signal, and stop at once on a second one.

        A signal within SAME_SIGNAL_SECONDS of the first one is ignored, because it is the same signal sent twice.
        """
        if self._draining.begun:
            if time.monotonic() - self._draining.begun_seconds > SAME_SIGNAL_SECONDS:
                super().handle_exit(sig, frame)
            return
        self._draining.begin()

    async def on_tick(self, counter: int) -> bool:
        """Return True if the server should stop. Uvicorn calls this ten times a second.

        A draining server stops once no request is in progress and none has arrived for QUIET_SECONDS, and after
        LONGEST_DRAIN_SECONDS in any case.
        """
        if await super().on_tick(counter):
            return True
        if not self._draining.begun:
            return False
        now, draining = time.monotonic(), self._draining
        is_quiet = not draining.busy and now - draining.last_request_seconds > QUIET_SECONDS
        return is_quiet or now - draining.begun_seconds > LONGEST_DRAIN_SECONDS
