"""Management of a localcloud process: find, start, stop and wait for it."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
ENDPOINTS_SECONDS = 60.0
STARTING_ENDPOINTS = "starting-endpoints"  # exists while endpoints start again after a restart
STOP_SECONDS = 12.0
SERVER_MODULE = "localcloud.server"
LIFELINE = "--lifeline"  # ends the server when the command that started it ends


class CannotStart(Exception):
    """Failure to start localcloud. The message gives the cause and the remedy."""


@dataclass(frozen=True)
class Running:
    """A running server and the options that it was started with."""

    pid: int
    port: int
    options: Sequence[str] = ()

    @property
    def url(self) -> str:
        """URL of the server, for AWS_ENDPOINT_URL."""
        return f"http://{LOOPBACK}:{self.port}"


class Instance:
    """The localcloud of a state folder."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log = directory / "localcloud.log"
        self._record = directory / "running.json"

    def recorded(self) -> Running | None:
        """Return the server that was started last, or None if its process has ended.

        The server may still be starting, or may have stopped responding.
        """
        try:
            running = Running(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return running if _is_server(running.pid) else None

    def running(self) -> Running | None:
        """Return the server of the state folder, or None if there is none.

        Waits up to 30 seconds until the server responds.
        """
        running = self.recorded()
        deadline = time.monotonic() + START_SECONDS
        while running is not None and not is_healthy(running.url) and time.monotonic() < deadline:
            time.sleep(0.05)
            running = self.recorded()
        return running

    def start(
        self,
        port: int,
        *,
        lifeline: bool = False,
        time_scale: float = 1.0,
        iam: bool = False,
        job_variables: Sequence[str] = (),
        closed: Sequence[str] = (),
    ) -> tuple[Running, "subprocess.Popen[bytes]"]:
        """Start a server and wait until it responds.

        Args:
            port: port on the loopback interface.
            lifeline: end the server when this process ends.
            time_scale: divisor of every wait of the cloud.
            iam: enforce IAM policies.
            job_variables: `NAME=VALUE` of each variable for workflow jobs with credentials.
            closed: services to refuse as AWS refuses them to new customers.

        Raises:
            CannotStart: if the port is taken, another server was started first, or the server does not respond.
        """
        options = [f"--time-scale={time_scale}"]
        options += [name for name, given in ((LIFELINE, lifeline), ("--iam", iam)) if given]
        options += [f"--job-env={word}" for word in job_variables]
        return self.start_with(port, [*options, *(f"--closed={name}" for name in closed)])

    def start_with(self, port: int, options: Sequence[str]) -> tuple[Running, "subprocess.Popen[bytes]"]:
        """Start a server with the options of a `Running` and wait until it responds.

        Raises:
            CannotStart: as for `start`.
        """
        if not port_is_free(port):
            raise CannotStart(
                f"port {port} of {LOOPBACK} is taken by another program. "
                f"Stop it, or choose another port: mlops local up --port {port + 11}"
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "starting.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            already = self.recorded()
            if already is not None:
                raise CannotStart(f"another start was faster: it runs with process id {already.pid}")
            running, process = self._launch(port, options)
        try:
            self._wait_until_healthy(running, process)
        except KeyboardInterrupt:
            process.terminate()
            raise
        return running, process

    def _launch(self, port: int, options: Sequence[str]) -> tuple[Running, "subprocess.Popen[bytes]"]:
        place = ["--state", str(self.directory), "--port", str(port)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", SERVER_MODULE, *place, *options],
                stdin=subprocess.PIPE if LIFELINE in options else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(process.pid, port, options)
        self._record.write_text(json.dumps(running.__dict__))
        return running, process

    def wait_for_endpoints(self) -> None:
        """Wait until the endpoints of the state folder are in service again or have failed to start.

        Returns after 60 seconds in any case.
        """
        deadline = time.monotonic() + ENDPOINTS_SECONDS
        while (self.directory / STARTING_ENDPOINTS).exists() and self.recorded() and time.monotonic() < deadline:
            time.sleep(0.05)

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
        """Stop a server and wait until it has ended. It is killed after 12 seconds."""
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while _is_server(running.pid):
            if time.monotonic() > deadline:
                os.kill(running.pid, signal.SIGKILL)
            time.sleep(0.05)
        self.forget()

    def forget(self) -> None:
        """Delete the record of a server that has ended."""
        self._record.unlink(missing_ok=True)


def _is_server(pid: int) -> bool:
    """Return True if the process exists and is a localcloud server.

    The id of an ended server may belong to another program.
    """
    words = Path(f"/proc/{pid}/cmdline")
    if words.parent.parent.joinpath("self").exists():
        try:
            return SERVER_MODULE in words.read_text()  # a zombie process has an empty command line
        except OSError:
            return False
    listed = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return SERVER_MODULE in listed.stdout


def is_healthy(url: str) -> bool:
    """Return True if a server responds."""
    try:
        # Bypass proxies of the environment, which cannot reach this machine's loopback address.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def port_is_free(port: int) -> bool:
    """Return True if no program listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) != 0


def free_port() -> int:
    """Return a port on which no program listens."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def tail(path: Path, lines: int) -> str:
    """Return the last lines of a file."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else "(no log)"
