"""Saving of ministack's state with the JSON encoder that is written in C, while requests change it.

`json.dump` uses the encoder written in Python, which takes four times as long for the stacks of three environments. A
request that adds a resource while its service is saved makes Python refuse to go on; the next attempt succeeds.
"""

import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TextIO, TypeVar

T = TypeVar("T")
ATTEMPTS, PAUSE_SECONDS = 20, 0.02


def unchanged(read: Callable[[], T]) -> T:
    """Return what `read` returns; repeat it while the dictionaries that it reads are changed.

    Raises:
        RuntimeError: they were changed during each of 20 attempts.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return read()
        except RuntimeError:  # dictionary changed size during iteration
            time.sleep(PAUSE_SECONDS)
    return read()


def _dump(content: Any, file: TextIO, default: Callable[[Any], Any]) -> None:
    file.write(unchanged(lambda: json.dumps(content, default=default)))


def install_saving() -> None:
    """Let ministack encode its state in one piece."""
    from ministack.core import persistence

    persistence.json = SimpleNamespace(dump=_dump, load=json.load, JSONDecodeError=json.JSONDecodeError)
