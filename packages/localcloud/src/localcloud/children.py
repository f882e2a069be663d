"""Child processes that run jobs and endpoint instances. They all end with localcloud (see lifeline.py)."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread

LIFELINE = Path(__file__).with_name("lifeline.py")
# On AWS, jobs have instances of their own. Here they share the CPU with endpoints, so they run at a lower priority.
GIVE_WAY = ("nice", "-n", "10")
LineSink = Callable[[str], None]


class Child:
    """A running command whose output is passed to a sink line by line."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        sink: LineSink,
        gives_way: bool = False,
    ) -> None:
        self._process = subprocess.Popen(
            [*(GIVE_WAY if gives_way else ()), sys.executable, "-I", "-S", str(LIFELINE), *command],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, args=(sink,), daemon=True)
        self._reader.start()

    def _read(self, sink: LineSink) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            sink(line.rstrip("\n"))

    @property
    def running(self) -> bool:
        """True while the command is running."""
        return self._process.poll() is None

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait until the command has ended and its output has been read; return the exit code.

        Raises:
            subprocess.TimeoutExpired: if the command is still running after the timeout.
        """
        code = self._process.wait(timeout_seconds)
        self._reader.join(timeout=5)
        return code

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Stop the command by closing its lifeline; kill the process if it still runs after the timeout."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()


def base_environment(interpreter: Path) -> dict[str, str]:
    """Return the environment variables of every container: PATH, HOME, LANG and PYTHONUNBUFFERED.

    The image's interpreter is first on PATH. Nothing is inherited from the caller's environment.
    """
    path = os.pathsep.join([str(interpreter.parent), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
