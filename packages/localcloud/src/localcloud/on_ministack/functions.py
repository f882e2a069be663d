"""Lambda functions as processes that do not inherit localcloud's environment and end with localcloud."""

import os
import subprocess
import sys
from typing import Any

# Runs first in every worker, and ends it when its parent process has ended. (PR_SET_PDEATHSIG is not used, because it
# would end the worker as soon as the thread that started it ends.)
WATCH_PARENT = """import os, threading, time
def _watch(parent=os.getppid()):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
threading.Thread(target=_watch, daemon=True).start()
"""
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "AWS_", "LAMBDA_", "_LAMBDA", "NO_PROXY", "no_proxy")


class _Subprocess:
    """Replacement for `subprocess` in lambda_runtime.

    Python workers run in isolated mode, with only the variables of the function.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    @staticmethod
    def Popen(command: list[str], **options: Any) -> "subprocess.Popen[Any]":  # noqa: N802  (subprocess's own name)
        given: dict[str, str] = options["env"]
        options["env"] = {
            name: value
            for name, value in given.items()
            if name.startswith(KEPT_VARIABLES) or os.environ.get(name) != value
        }
        words = [command[0], "-I", *command[1:]] if command[0] == sys.executable else command
        return subprocess.Popen(words, **options)


def install_functions() -> None:
    """Start Lambda's workers in isolated mode, and end them with this process."""
    from ministack.core import lambda_runtime

    detect = lambda_runtime._detect_runtime_binary

    def detected(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (sys.executable, WATCH_PARENT + script) if runtime.startswith("python") else (binary, script)

    lambda_runtime._detect_runtime_binary = detected
    lambda_runtime.subprocess = _Subprocess()
