"""Outputs of a command for later workflow steps and programs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DIRECTORY = Path("build/outputs")


def write_outputs(command: str, values: Mapping[str, Any]) -> Path:
    """Write values to build/outputs/<command>.json and, in a workflow, to the step outputs. Return the path."""
    path = DIRECTORY / f"{command}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(values), indent=1) + "\n", encoding="utf-8")
    _append("GITHUB_OUTPUT", "".join(f"{name}={_line(value)}\n" for name, value in values.items()))
    return path


def read_outputs(command: str) -> dict[str, Any]:
    """Return the outputs that a command wrote last; empty if it wrote none."""
    path = DIRECTORY / f"{command}.json"
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def delete_outputs(command: str) -> None:
    """Delete the outputs of an earlier run of a command, so that they are not taken for those of this run."""
    (DIRECTORY / f"{command}.json").unlink(missing_ok=True)


def summarize(markdown: str) -> None:
    """Append Markdown to the job summary of the workflow run; does nothing outside a workflow."""
    _append("GITHUB_STEP_SUMMARY", markdown + "\n")


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _line(value: Any) -> str:
    """Return a value as one line, because a line break would start another output."""
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.splitlines())
