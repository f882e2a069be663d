"""Shared code of the pipeline's steps: arguments, JSON files, and the reason of a failed job.

If a step fails, its reason is written to the two files from which SageMaker reads the failure reason of a job
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
    """The step stops on purpose.

    The message is the failure reason and must not contain values of the data.
    """


def parse_arguments(description: str | None, *, paths: list[str], texts: list[str] | None = None) -> argparse.Namespace:
    """Parse the arguments of a step; all are required.

    `--output` is always added: the folder from which SageMaker reads the failure reason.

    Args:
        description: description of the command.
        paths: names of arguments that are paths.
        texts: names of arguments that are text.
    """
    parser = argparse.ArgumentParser(description=description)
    for name in (*paths, "output"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True, metavar="PATH")
    for name in texts or []:
        parser.add_argument(f"--{name.replace('_', '-')}", required=True)
    return parser.parse_args()


def run(step: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    """Run a step and return the exit code of the job: 0, or 1 if the step raised an exception."""
    try:
        step(arguments)
    except StepRefused as refusal:
        _write_reason(arguments.output, str(refusal))
        print(f"REFUSED: {refusal}", file=sys.stderr)
        return 1
    except Exception as error:
        # The message of an unexpected error may quote sensitive data, so only the traceback is printed.
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
    """Read the only JSON file of a folder, whatever its name."""
    return read_json(next(directory.glob("*.json")))


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file and create its folder.

    Raises:
        ValueError: if the content has NaN or infinity, which JSON cannot represent.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
