"""Several server processes behind one socket: Python runs on one core, an instance has more.

The processes are started, not forked: each loads its own model, since threads of the numeric libraries do not survive
a fork. The kernel gives each connection to one of them.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from threading import Event
from types import FrameType

LOOK_SECONDS = 0.1


def wanted_processes() -> int:
    """As many as there are cores, unless SERVER_PROCESSES says otherwise; raises ValueError if it is no number."""
    given = os.environ.get("SERVER_PROCESSES", "")
    if not given:
        return len(os.sched_getaffinity(0))
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"expected SERVER_PROCESSES to be 1 or more, found {given[:20]!r}")
    return int(given)


def serve_with(number: int, listener: socket.socket, words: Sequence[str]) -> int:
    """Run a command several times on one listening socket, whose number is added to it; returns the exit code.

    Signals go on to every process. One that ends by itself ends them all: SageMaker starts the container anew.
    """
    command = [sys.executable, "-m", "serving", *words, str(listener.fileno())]
    processes: list[subprocess.Popen[bytes]] = []
    told_to_end = Event()

    def forward(sent: int, _frame: FrameType | None) -> None:
        told_to_end.set()
        for process in processes:
            process.send_signal(sent)

    for handled in (signal.SIGTERM, signal.SIGINT):
        signal.signal(handled, forward)
    while len(processes) < number and not told_to_end.is_set():
        processes.append(subprocess.Popen(command, pass_fds=[listener.fileno()]))  # noqa: S603
    listener.close()  # or connections would wait for a process that never accepts them
    while processes and all(process.poll() is None for process in processes):
        time.sleep(LOOK_SECONDS)
    was_told = told_to_end.is_set()
    if not was_told:
        forward(signal.SIGTERM, None)
    # One that was still loading its model has let nobody in, so the signal may end it at once.
    fine = (0, -signal.SIGTERM, -signal.SIGINT) if was_told else (0,)
    codes = [process.wait() for process in processes]
    return next((abs(code) for code in codes if code not in fine), 0)
