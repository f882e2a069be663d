"""A build is repeated while a registry throttles it, and for nothing else."""

import os
import subprocess
from pathlib import Path

import pytest
from sagemaker_mlops.project import ROOT

SCRIPT = ROOT / ".github" / "scripts" / "retry-throttled.sh"
THROTTLED = "toomanyrequests: Rate exceeded"


def run(folder: Path, message: str, failures: int) -> tuple[int, int]:
    """Exit code and number of tries of a command that fails so often with a message."""
    command = folder / "command"
    command.write_text(
        f'#!/bin/sh\necho x >> "{folder}/tries"\n[ $(wc -l < "{folder}/tries") -gt {failures} ] && exit 0\n'
        f'echo "{message}" >&2\nexit 7\n'
    )
    command.chmod(0o755)
    result = subprocess.run([SCRIPT, command], env={**os.environ, "RETRY_PAUSES": "0 0"}, check=False)
    return result.returncode, len((folder / "tries").read_text().splitlines())


@pytest.mark.parametrize(
    ("message", "failures", "expected"),
    [
        (THROTTLED, 0, (0, 1)),
        (THROTTLED, 2, (0, 3)),
        (THROTTLED, 9, (7, 3)),
        ("no space left on device", 1, (7, 1)),
    ],
)
def test_only_throttling_is_tried_again(tmp_path: Path, message: str, failures: int, expected: tuple[int, int]) -> None:
    assert run(tmp_path, message, failures) == expected
