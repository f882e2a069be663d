"""Process that runs a container, stores its output and records how it ended.

The container's folder has `container.json`, which defines the command; `log.txt` and `state.json` are written to it.
The command is killed if the folder is removed. `python -m localcloud.images.container_process FOLDER` is the process of
a container in the background.
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
    """Run a container until it ends and return its exit code, as `docker run` does.

    If a signal ended it, the code is 128 plus the number of the signal.
    """
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
        os.killpg(process.pid, signal.SIGKILL)  # a container ends with its first process
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
    """Write the state of a container atomically."""
    partial = folder / "state.partial"
    partial.write_text(json.dumps(state), encoding="utf-8")
    partial.replace(folder / "state.json")


if __name__ == "__main__":
    run_container(Path(sys.argv[1]))
