"""The command `localcloud`: AWS on this laptop."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from localcloud.cloud import CLOSABLE
from localcloud.instance import CannotStart, Instance, Running, free_port, tail
from localcloud.snapshot_command import add_snapshot_parser, snapshot
from localcloud.snapshots import SnapshotError

DEFAULT_PORT = 4566
DEFAULT_ACCOUNT = "000000000000"
NOWHERE = "http://127.0.0.1:9"
LOOPBACK_NAMES = "127.0.0.1,localhost"
REAL_ACCOUNT_VARIABLES = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
SERVICE_ENDPOINT = "AWS_ENDPOINT_URL_"


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = _parser().parse_args(words)
    try:
        return int(COMMANDS[arguments.command](arguments, Instance(arguments.state.resolve())))
    except CannotStart as error:
        print(f"localcloud cannot start: {error}", file=sys.stderr)
        return 1
    except SnapshotError as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcloud", description=__doc__)
    default_state = Path(os.environ.get("LOCALCLOUD_STATE", ".localcloud"))
    parser.add_argument("--state", type=Path, default=default_state, help="folder of everything that it keeps")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = commands.add_parser("up", help="start in the background")
    run = commands.add_parser("run", help="start, run a command with it, and stop whatever happens")
    for command in (up, run):
        command.add_argument("--port", type=_port_number, default=os.environ.get("LOCALCLOUD_PORT", str(DEFAULT_PORT)))
        command.add_argument("--time-scale", type=float, default=1.0, help="divide every wait of the cloud by this")
        command.add_argument("--job-env", action="append", default=[], help="NAME=VALUE for workflows with credentials")
        command.add_argument("--iam", action="store_true", help="enforce IAM policies (see the docs)")
        command.add_argument(
            "--closed", action="append", default=[], choices=CLOSABLE, help="refuse a service as to new customers"
        )
    run.add_argument("--fresh", action="store_true", help="forget the state first")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    commands.add_parser("down", help="stop; everything is kept")
    commands.add_parser("status", help="tell whether it is running")
    commands.add_parser("env", help="print the variables that point the AWS tools at it")
    reset = commands.add_parser("reset", help="stop and forget everything")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    add_snapshot_parser(commands)
    github = commands.add_parser("github", help="show what runs and what is open on the stand-in for GitHub")
    github.add_argument("--merge", type=int, metavar="NUMBER", help="merge a pull request, as a person does")
    logs = commands.add_parser("logs", help="show what the cloud and its containers wrote")
    logs.add_argument("name", nargs="?", default="", help="part of a job's or an endpoint's name")
    logs.add_argument("--lines", type=int, default=40)
    return parser


def _port_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, found {text}")
    return int(text)


def _up(arguments: argparse.Namespace, instance: Instance) -> int:
    running = instance.running()
    if running:
        print(f"localcloud is already running at {running.url} (pid {running.pid})")
        return 0
    start = time.monotonic()
    running, _ = instance.start(
        arguments.port,
        time_scale=arguments.time_scale,
        iam=arguments.iam,
        job_variables=arguments.job_env,
        closed=arguments.closed,
    )
    instance.wait_for_endpoints()
    print(f"localcloud is ready at {running.url} (pid {running.pid}, {time.monotonic() - start:.1f} s)")
    return 0


def _run(arguments: argparse.Namespace, instance: Instance) -> int:
    """Run a command with localcloud.

    If no localcloud is running, one is started that ends with this process, however this process ends.
    """
    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    if arguments.fresh:
        _forget(instance)
    running = instance.running()
    if running:
        return subprocess.call(words, env=command_environment(running))
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    start = time.monotonic()
    running, server = instance.start(
        _port(arguments.port),
        lifeline=True,
        time_scale=arguments.time_scale,
        iam=arguments.iam,
        job_variables=arguments.job_env,
        closed=arguments.closed,
    )
    instance.wait_for_endpoints()
    print(f"localcloud is ready at {running.url} ({time.monotonic() - start:.1f} s)", flush=True)
    command: subprocess.Popen[bytes] | None = None
    try:
        command = subprocess.Popen(words, env=command_environment(running))
        return command.wait()
    except KeyboardInterrupt:
        print("\ninterrupted: stopping localcloud", file=sys.stderr)
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if command is not None:
            _end(command)
        _end(server)
        instance.forget()


def _port(wanted: int) -> int:
    from localcloud.instance import port_is_free

    return wanted if port_is_free(wanted) else free_port()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Terminate a child process, and kill it if it has not ended after ten seconds."""
    if process.stdin:
        process.stdin.close()
    for ask in (process.terminate, process.kill):
        if process.poll() is None:
            ask()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue


def _down(_arguments: argparse.Namespace, instance: Instance) -> int:
    running = instance.recorded()
    if running is None:
        instance.forget()
        print("localcloud is not running")
        return 0
    instance.stop(running)
    print("localcloud has stopped; its state is kept for the next start")
    return 0


def _status(_arguments: argparse.Namespace, instance: Instance) -> int:
    running = instance.running()
    if running is None:
        print("localcloud is not running; start it with: mlops local up")
        return 3
    print(f"localcloud is running at {running.url} (pid {running.pid}), state in {instance.directory}")
    return 0


def pointing_at(running: Running) -> dict[str, str]:
    """Return the environment variables that point AWS tools at a running localcloud."""
    return {
        "AWS_ENDPOINT_URL": running.url,
        "AWS_ACCESS_KEY_ID": DEFAULT_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "localcloud",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": LOOPBACK_NAMES,
        "no_proxy": LOOPBACK_NAMES,
    }


def command_environment(running: Running) -> dict[str, str]:
    """Return this process's environment, changed to use a running localcloud and no real account."""
    kept = {name: value for name, value in os.environ.items() if name not in _leading_elsewhere()}
    return kept | pointing_at(running)


def _leading_elsewhere() -> list[str]:
    """Return the names of variables that would direct some AWS calls to a real account."""
    return [*REAL_ACCOUNT_VARIABLES, *(name for name in os.environ if name.startswith(SERVICE_ENDPOINT))]


def _env(_arguments: argparse.Namespace, instance: Instance) -> int:
    running = instance.running()
    if running is None:
        print("localcloud is not running; start it with: mlops local up", file=sys.stderr)
        # The caller's shell evaluates this output. Give it an unreachable address, so that it does not use a real
        # account.
        print(f"export AWS_ENDPOINT_URL={NOWHERE}\nfalse")
        return 3
    for name, value in pointing_at(running).items():
        print(f"export {name}={value}")
    print(f"unset {' '.join(_leading_elsewhere())}")
    return 0


def _reset(arguments: argparse.Namespace, instance: Instance) -> int:
    if not arguments.yes and input(f"Forget everything in {instance.directory}? [y/N] ").strip().lower() != "y":
        print("nothing was changed")
        return 1
    _forget(instance)
    print("localcloud has forgotten everything")
    return 0


def _forget(instance: Instance) -> None:
    running = instance.recorded()
    if running is not None:
        instance.stop(running)
    shutil.rmtree(instance.directory, ignore_errors=True)


def _logs(arguments: argparse.Namespace, instance: Instance) -> int:
    logs = [path for path in (instance.directory / "logs").glob("*.log") if arguments.name in path.name]
    files = sorted(logs, key=lambda path: path.stat().st_mtime)
    for path in [*([] if arguments.name else [instance.log]), *files[-3:]]:
        print(f"--- {path.name}\n{tail(path, arguments.lines)}")
    if arguments.name and not files:
        print(f"nothing wrote a log whose name contains {arguments.name}")
        return 1
    return 0


def _github(arguments: argparse.Namespace, instance: Instance) -> int:
    running = instance.running()
    if running is None:
        print("localcloud is not running; start it with: mlops local up", file=sys.stderr)
        return 3
    if arguments.merge is None:
        with urllib.request.urlopen(f"{running.url}/_github/", timeout=20) as answer:
            print(answer.read().decode(), end="")
        return 0
    body = json.dumps({"number": arguments.merge}).encode()
    try:
        urllib.request.urlopen(f"{running.url}/_github/_local/merge", data=body, timeout=20).close()
    except urllib.error.HTTPError as error:
        print(f"not merged: {json.load(error)['message']}", file=sys.stderr)
        return 1
    print(f"merged: pull request {arguments.merge}; see what it starts: mlops local github")
    return 0


COMMANDS = {
    "up": _up,
    "run": _run,
    "down": _down,
    "status": _status,
    "env": _env,
    "reset": _reset,
    "logs": _logs,
    "github": _github,
    "snapshot": snapshot,
}
