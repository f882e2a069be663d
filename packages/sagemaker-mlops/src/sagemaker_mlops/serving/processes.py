"""Several server processes behind one socket: Python runs on one core, an instance has more.

The processes are started, not forked: each loads its own model, since threads of the numeric libraries do not survive
a fork. The kernel gives each connection to one of them. One that dies is replaced; connections that arrive meanwhile
wait in the socket's queue, which this process keeps open.
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

LOOK_SECONDS = 0.1
KILLED_HINT = "the kernel kills a process so when memory has run out"


def wanted_processes() -> int:
    """As many as there are cores, unless SERVER_PROCESSES says otherwise; raises ValueError if it is no number."""
    given = os.environ.get("SERVER_PROCESSES", "")
    if not given:
        return len(os.sched_getaffinity(0))
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"expected SERVER_PROCESSES to be 1 or more, found {given[:20]!r}")
    return int(given)


@dataclass
class Worker:
    """One server process, and the pipe through which it says that it is ready."""

    process: "subprocess.Popen[bytes]"
    pipe: int
    was_ready: bool = False

    def check_ready(self) -> bool:
        """Whether the worker has said that it is ready, even if it died since."""
        if not self.was_ready and select.select([self.pipe], [], [], 0)[0]:
            self.was_ready = os.read(self.pipe, 1) != b""
        return self.was_ready


class Supervisor:
    """Keeps a number of workers on one listening socket, until it is told to end or they die too often."""

    def __init__(self, number: int, listener: socket.socket, words: Sequence[str], log: RequestLog) -> None:
        self._number, self._listener, self._words, self._log = number, listener, words, log
        self._workers: list[Worker] = []
        self._signals: list[int] = []
        self._deaths = WorkerDeaths(number)

    def run(self) -> int:
        """Run the workers; returns the exit code: 0 if it was told to end and all of them ended well."""
        for handled in (signal.SIGTERM, signal.SIGINT):
            signal.signal(handled, self._remember)
        code: int | None = None
        while not self._signals and code is None:
            while len(self._workers) < self._number and not self._signals:
                self._start()
            time.sleep(LOOK_SECONDS)
            code = self._replace_dead()
        return self._end(code)

    def _remember(self, sent: int, _frame: FrameType | None) -> None:
        self._signals.append(sent)

    def _start(self) -> None:
        ours, theirs = os.pipe()
        kept = (self._listener.fileno(), theirs)
        command = [sys.executable, "-m", "sagemaker_mlops.serving", *self._words, *map(str, kept)]
        self._workers.append(Worker(subprocess.Popen(command, pass_fds=kept), ours))  # noqa: S603
        os.close(theirs)

    def _replace_dead(self) -> int | None:
        """Remove the workers that died, so that they are started again; returns an exit code if it is no use."""
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
        """Log a death; returns an exit code if the container is to end.

        A process that cannot start, while no other answers, would only keep requests waiting.
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
        """Let every worker answer what it has, and end; signals that come meanwhile go on to them."""
        was_told = code is None
        self._listener.close()  # or connections would wait for a process that never accepts them
        self._signals = self._signals or [signal.SIGTERM]
        while any(worker.process.poll() is None for worker in self._workers):
            while self._signals:
                sent = self._signals.pop(0)
                for worker in self._workers:
                    worker.process.send_signal(sent)
            time.sleep(LOOK_SECONDS)
        if not was_told:
            return code or 1
        # One that was still loading its model has let nobody in, so the signal may end it at once.
        fine = (0, -signal.SIGTERM, -signal.SIGINT)
        codes = [worker.process.returncode for worker in self._workers]
        return next((abs(code) for code in codes if code not in fine), 0)
