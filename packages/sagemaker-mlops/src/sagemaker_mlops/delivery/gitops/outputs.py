"""What a command found, for the steps and programs that come after it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIRECTORY = Path("build/outputs")


def write_outputs(command: str, values: Mapping[str, Any]) -> Path:
    """Write values to build/outputs/<command>.json and, in a workflow, to the step's outputs; returns the path."""
    path = DIRECTORY / f"{command}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(values), indent=1) + "\n", encoding="utf-8")
    _append("GITHUB_OUTPUT", "".join(f"{name}={_line(value)}\n" for name, value in values.items()))
    return path


def read_outputs(command: str) -> dict[str, Any]:
    """What a command wrote last; empty if it wrote nothing."""
    path = DIRECTORY / f"{command}.json"
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def forget_outputs(command: str) -> None:
    """Remove what a command wrote before: whoever reads it now would take it for the outcome of this run."""
    (DIRECTORY / f"{command}.json").unlink(missing_ok=True)


def summarize(markdown: str) -> None:
    """Show something on the page of the workflow's run, if there is one."""
    _append("GITHUB_STEP_SUMMARY", markdown + "\n")


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _line(value: Any) -> str:
    """One line: a line break would be an output of its own."""
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.splitlines())
