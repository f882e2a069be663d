"""Wrapper for a command that must not outlive localcloud: `python lifeline.py COMMAND...`.

Standard input is a pipe whose other end localcloud holds. When localcloud ends for any reason, the pipe is closed, and
the command is ended with all processes that it started. One wrapper runs for each child process, so it runs without
site packages and imports little.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 3.0


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the process group of the command: SIGTERM, then SIGKILL after three seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None and number == signal.SIGTERM:
                break
            if process.poll() is not None:
                return
            time.sleep(0.02)


def main() -> int:
    """Run the command and return its exit code, or 128 plus the signal number if a signal ended it."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)

    def end_on_signal(_number: int, _frame: object) -> None:
        threading.Thread(target=end_group, args=(process,), daemon=True).start()

    def end_when_closed() -> None:
        while os.read(0, 1024):
            pass
        end_group(process)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    threading.Thread(target=end_when_closed, daemon=True).start()
    code = process.wait()
    end_group(process)  # processes that the command left in its group
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main())
