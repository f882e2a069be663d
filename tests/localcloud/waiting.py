"""Wait for something to become true, with an end."""

import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Return as soon as the condition holds; fail after some seconds. The longer it takes, the rarer it is asked."""
    begin = time.monotonic()
    while not is_true():
        waited_seconds = time.monotonic() - begin
        assert waited_seconds < seconds, f"still not true after {seconds} s"
        time.sleep(min(max(0.05, waited_seconds / 20), 0.5))
