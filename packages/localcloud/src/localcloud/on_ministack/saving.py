"""Saving of ministack's state with the JSON encoder that is written in C.

`json.dump` uses the one written in Python, which takes four times as long for the stacks of three environments.
"""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TextIO


def _dump(content: Any, file: TextIO, default: Callable[[Any], Any]) -> None:
    file.write(json.dumps(content, default=default))


def install_saving() -> None:
    """Let ministack encode its state in one piece."""
    from ministack.core import persistence

    persistence.json = SimpleNamespace(dump=_dump, load=json.load, JSONDecodeError=json.JSONDecodeError)
