"""Wait for something to become true, with an end."""

import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return as soon as the condition holds; fail after some seconds."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"still not true after {seconds} s"
        time.sleep(0.05)
