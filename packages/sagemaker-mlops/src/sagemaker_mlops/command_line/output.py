"""What commands print: text for people, or one JSON document with `--json`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Result:
    """What a command found.

    Args:
        document: what `--json` prints.
        exit_code: exit code of the command, for results that a script must notice.
    """

    document: Mapping[str, Any]
    exit_code: int = 0


class JsonMode:
    """Whether this command prints JSON; progress and messages then go to standard error."""

    is_on = False

    @classmethod
    def turn_on(cls) -> None:
        """Print one JSON document to standard output, and everything else to standard error."""
        cls.is_on = True
        console.stderr = True


def say(text: str) -> None:
    """Print a line as it is."""
    console.print(text, markup=False)


def print_document(document: Mapping[str, Any]) -> None:
    """Print a JSON document to standard output, if `--json` was given."""
    if JsonMode.is_on:
        print(json.dumps(document, indent=1, default=str))
