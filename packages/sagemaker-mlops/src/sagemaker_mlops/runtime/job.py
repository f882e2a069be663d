"""What every step does alike: arguments, JSON files, and an end that SageMaker and people understand.

A refusal is written to the two files in which SageMaker looks for the reason of a failed job
(training: /opt/ml/output/failure; processing: /opt/ml/output/message), and the exit code is 1.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

SAGEMAKER_REASON_LIMIT = 1000


class StepRefused(Exception):
    """The step stops on purpose; the message is the reason, and names no value of the data."""


def parse_arguments(description: str | None, *, paths: list[str], texts: list[str] | None = None) -> argparse.Namespace:
    """Parse the step's arguments; every one is required. `--output` is where SageMaker looks for the reason."""
    parser = argparse.ArgumentParser(description=description)
    for name in (*paths, "output"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True, metavar="PATH")
    for name in texts or []:
        parser.add_argument(f"--{name.replace('_', '-')}", required=True)
    return parser.parse_args()


def run(step: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    """Run a step; returns the exit code of the job."""
    try:
        step(arguments)
    except StepRefused as refusal:
        _write_reason(arguments.output, str(refusal))
        print(f"REFUSED: {refusal}", file=sys.stderr)
        return 1
    except Exception as error:
        # The message of an unforeseen error may quote data, some of it sensitive: show where, not what.
        print("".join(traceback.format_tb(error.__traceback__)), file=sys.stderr)
        reason = f"{type(error).__name__} in the step's code (message withheld, it may quote data); see the job's log"
        _write_reason(arguments.output, reason)
        print(f"FAILED: {reason}", file=sys.stderr)
        return 1
    return 0


def _write_reason(output: Path, reason: str) -> None:
    output.mkdir(parents=True, exist_ok=True)
    shortened = reason if len(reason) <= SAGEMAKER_REASON_LIMIT else reason[: SAGEMAKER_REASON_LIMIT - 3] + "..."
    for name in ("failure", "message"):
        (output / name).write_text(shortened, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_only_json(directory: Path) -> Any:
    """Read the JSON file of an input that has one object, whatever it is called."""
    return read_json(next(directory.glob("*.json")))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, making its folder; NaN is refused, since other languages cannot read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
