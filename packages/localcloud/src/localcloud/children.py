"""Child processes: jobs and endpoint instances. None outlives localcloud (see lifeline.py)."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread

LIFELINE = Path(__file__).with_name("lifeline.py")
# Jobs have instances of their own on AWS; here they share the cores with those that answer requests.
GIVE_WAY = ("nice", "-n", "10")
LineSink = Callable[[str], None]


class Child:
    """One running command whose output lines go to a sink."""

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
        """True until the command ended."""
        return self._process.poll() is None

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Wait for the end and for the last line; raises subprocess.TimeoutExpired."""
        code = self._process.wait(timeout_seconds)
        self._reader.join(timeout=5)
        return code

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Ask the command to end, and insist after its grace period."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()


def base_environment(interpreter: Path) -> dict[str, str]:
    """What a container has: a path with the image's interpreter first, a home, a language. Nothing of the caller's."""
    path = os.pathsep.join([str(interpreter.parent), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
