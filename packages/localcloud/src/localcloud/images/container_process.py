"""Run what `docker run` was asked for, keep its output, and note how it ended.

The folder has `container.json`, which says what to run, and gets `log.txt` and `state.json`. The command ends if the
folder is removed. `python -m localcloud.images.container_process FOLDER` does it in the background.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

POLL_SECONDS = 0.05


def run_container(folder: Path, *, echo: bool = False) -> int:
    """Run a container to its end; returns its exit code as docker gives it."""
    asked: dict[str, Any] = json.loads((folder / "container.json").read_text(encoding="utf-8"))
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            asked["words"],
            cwd=asked["directory"],
            env=asked["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        write_state(folder, {"Status": "running", "Running": True, "ExitCode": 0, "Pid": process.pid})
        code = _wait(process, folder)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # a container's other processes end with its first
    if echo:
        sys.stdout.write((folder / "log.txt").read_text(encoding="utf-8", errors="replace"))
    if folder.exists():
        write_state(folder, {"Status": "exited", "Running": False, "ExitCode": code, "Pid": 0})
    return code


def _wait(process: "subprocess.Popen[bytes]", folder: Path) -> int:
    while process.poll() is None:
        if not folder.exists():
            process.kill()
        time.sleep(POLL_SECONDS)
    return 128 - process.returncode if process.returncode < 0 else process.returncode


def write_state(folder: Path, state: dict[str, Any]) -> None:
    """Write the state of a container at once."""
    partial = folder / "state.partial"
    partial.write_text(json.dumps(state), encoding="utf-8")
    partial.replace(folder / "state.json")


if __name__ == "__main__":
    run_container(Path(sys.argv[1]))
