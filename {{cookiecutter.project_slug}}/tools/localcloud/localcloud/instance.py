"""A localcloud seen from outside: is it running, where, and how to start, stop and wait for it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 12.0


class CannotStart(Exception):
    """localcloud cannot start; the message says why and what to do."""


@dataclass(frozen=True)
class Running:
    """A running server."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Its address, for AWS_ENDPOINT_URL."""
        return f"http://{LOOPBACK}:{self.port}"


class Instance:
    """The localcloud of one state folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "localcloud.log"
        self._record = directory / "running.json"

    def running(self) -> Running | None:
        """The running server, or None; a record that a killed server left behind is ignored."""
        try:
            running = Running(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return running if _is_server(running.pid) and is_healthy(running.url) else None

    def start(
        self, port: int, *, lifeline: bool = False, time_scale: float = 1.0
    ) -> tuple[Running, "subprocess.Popen[bytes]"]:
        """Start a server and wait until it answers; raises CannotStart."""
        if not port_is_free(port):
            raise CannotStart(
                f"port {port} of {LOOPBACK} is taken by another program. "
                f"Stop it, or choose another port: LOCALCLOUD_PORT={port + 11}"
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        options = ["--state", str(self.directory), "--port", str(port), "--time-scale", str(time_scale)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "localcloud.server", *options, *(["--lifeline"] if lifeline else [])],
                stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(process.pid, port)
        self._record.write_text(json.dumps(running.__dict__))
        self._wait_until_healthy(running, process)
        return running, process

    def _wait_until_healthy(self, running: Running, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if is_healthy(running.url):
                return
            time.sleep(0.02)
        process.kill()
        raise CannotStart(f"the server did not answer; its last words are in {self.log}:\n{tail(self.log, 15)}")

    def stop(self, running: Running) -> None:
        """Stop a server and wait for its end."""
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _is_server(running.pid):
            if time.monotonic() > deadline:
                os.kill(running.pid, signal.SIGKILL)
            time.sleep(0.05)
        self.forget()

    def forget(self) -> None:
        """Remove the record of a server that has ended."""
        self._record.unlink(missing_ok=True)


def _is_server(pid: int) -> bool:
    """True if the process is there and is not a zombie."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, NotADirectoryError):
        return not Path("/proc/self").exists()


def is_healthy(url: str) -> bool:
    """True if a server answers."""
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def port_is_free(port: int) -> bool:
    """True if nothing listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def tail(path: Path, lines: int) -> str:
    """The last lines of a file."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"
