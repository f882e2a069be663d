"""Supervisor of several server processes behind one socket, since a Python process uses only one core.

The processes are started rather than forked: each loads its own model, because threads of the numeric libraries do not
survive a fork. The kernel assigns each connection to one process. A process that dies is replaced. Connections that
arrive meanwhile wait in the queue of the socket, which the supervisor keeps open.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

from sagemaker_mlops.serving.request_log import RequestLog
from sagemaker_mlops.serving.worker_deaths import WINDOW_SECONDS, WorkerDeaths

POLL_INTERVAL_SECONDS = 0.1
KILLED_HINT = "the kernel kills a process so when memory has run out"


def process_count() -> int:
    """Return the number of server processes: SERVER_PROCESSES, or one per available core.

    Raises:
        ValueError: if SERVER_PROCESSES is not a positive whole number.
    """
    given = os.environ.get("SERVER_PROCESSES", "")
    if not given:
        return len(os.sched_getaffinity(0))
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"expected SERVER_PROCESSES to be 1 or more, found {given[:20]!r}")
    return int(given)


@dataclass
class Worker:
    """Server process, and the pipe on which it reports that it is ready."""

    process: "subprocess.Popen[bytes]"
    pipe: int
    was_ready: bool = False

    def check_ready(self) -> bool:
        """Return True if the worker has reported that it is ready, even if it has died since."""
        if not self.was_ready and select.select([self.pipe], [], [], 0)[0]:
            self.was_ready = os.read(self.pipe, 1) != b""
        return self.was_ready


class Supervisor:
    """Supervisor that keeps a number of workers running on one listening socket.

    It stops on SIGTERM or SIGINT, or if workers die too often.
    """

    def __init__(self, number: int, listener: socket.socket, words: Sequence[str], log: RequestLog) -> None:
        self._number, self._listener, self._words, self._log = number, listener, words, log
        self._workers: list[Worker] = []
        self._signals: list[int] = []
        self._deaths = WorkerDeaths(number)

    def run(self) -> int:
        """Run the workers until the supervisor stops, and return the exit code.

        The exit code is 0 if a signal stopped the supervisor and all workers ended normally.
        """
        for handled in (signal.SIGTERM, signal.SIGINT):
            signal.signal(handled, self._remember)
        code: int | None = None
        while not self._signals and code is None:
            while len(self._workers) < self._number and not self._signals:
                self._start()
            time.sleep(POLL_INTERVAL_SECONDS)
            code = self._replace_dead()
        return self._end(code)

    def _remember(self, sent: int, _frame: FrameType | None) -> None:
        self._signals.append(sent)

    def _start(self) -> None:
        ours, theirs = os.pipe()
        kept = (self._listener.fileno(), theirs)
        command = [sys.executable, "-m", "sagemaker_mlops.serving", *self._words, *map(str, kept)]
        self._workers.append(Worker(subprocess.Popen(command, pass_fds=kept), ours))  # noqa: S603  (no shell)
        os.close(theirs)

    def _replace_dead(self) -> int | None:
        """Remove the workers that died, so that they are replaced. Return an exit code to stop instead."""
        for worker in [worker for worker in self._workers if worker.process.poll() is not None]:
            self._workers.remove(worker)
            worker.check_ready()
            os.close(worker.pipe)
            if self._signals:
                return None
            if (code := self._count(worker)) is not None:
                return code
        return None

    def _count(self, worker: Worker) -> int | None:
        """Log the death of a worker. Return an exit code if the container should stop.

        The container stops if workers die too often. It also stops if the worker never became ready and no other worker
        is ready, because requests would wait without an answer.
        """
        code = worker.process.returncode
        too_many = self._deaths.add(time.monotonic())
        ending = ""
        if not worker.was_ready and not any(other.check_ready() for other in self._workers):
            ending = "it never became ready, and no other is"
        elif too_many:
            ending = f"{self._deaths.limit} deaths within {WINDOW_SECONDS:.0f} s"
        fields = {"signal": -code, "hint": KILLED_HINT} if code == -signal.SIGKILL else {"code": code}
        self._log.write("worker_died", **fields, deaths=self._deaths.total, action=ending or "replaced")
        return (abs(code) or 1) if ending else None

    def _end(self, code: int | None) -> int:
        """Stop the workers after their current requests, and return the exit code.

        Signals that arrive meanwhile are forwarded to the workers.
        """
        was_told = code is None
        self._listener.close()  # otherwise new connections would wait although no process accepts them
        self._signals = self._signals or [signal.SIGTERM]
        while any(worker.process.poll() is None for worker in self._workers):
            while self._signals:
                sent = self._signals.pop(0)
                for worker in self._workers:
                    worker.process.send_signal(sent)
            time.sleep(POLL_INTERVAL_SECONDS)
        if not was_told:
            return code or 1
        # A worker that was still loading its model has accepted no connection, so the signal may end it at once.
        fine = (0, -signal.SIGTERM, -signal.SIGINT)
        codes = [worker.process.returncode for worker in self._workers]
        return next((abs(code) for code in codes if code not in fine), 0)
