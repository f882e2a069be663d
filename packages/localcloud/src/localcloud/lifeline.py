"""Run a command that must not outlive localcloud: `python lifeline.py COMMAND...`, with a pipe as standard input.

localcloud holds the other end of the pipe. When it ends, however it ends, the pipe closes, and the command with
everything that it started is ended. Runs without site packages and imports little, since it is there once per child.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE_SECONDS = 3.0


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """End the command's process group: ask first, then insist."""
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
    """Run the command; returns its exit code, as a shell would write it."""
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
    end_group(process)  # what the command left behind in its group
    return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main())
