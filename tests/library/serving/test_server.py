"""The server as a process: it drains when it is told to end, writes no file, and calls nobody."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sagemaker_mlops.project import ROOT
from sagemaker_mlops.serving.privileges import CAP_DAC_READ_SEARCH, UNPRIVILEGED_ID
from sagemaker_mlops.serving.worker_deaths import MINIMUM_DEATHS

NOTICED_SECONDS = 1.0
# Prints what a process opens for writing, and whom it calls.
AUDIT = """
import sys
def hook(event, arguments):
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        print("AUDIT wrote", arguments[0], file=sys.__stderr__)
    if event in ("socket.connect", "socket.getaddrinfo", "os.mkdir", "os.remove", "os.rename"):
        print("AUDIT", event, arguments[1:], file=sys.__stderr__)
sys.addaudithook(hook)
print("AUDIT installed", file=sys.__stderr__)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(
    model_directory: Path, log: Path, processes: int, **environment: str
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """A running server; what it prints goes to a file, since a pipe that nobody reads would stop it."""
    port = free_port()
    variables = {
        **os.environ,
        "MODEL_DIRECTORY": str(model_directory),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SERVER_PROCESSES": str(processes),
        **environment,
    }
    words = [sys.executable, "-m", "sagemaker_mlops.serving", "serve"]
    with log.open("w") as file:
        process = subprocess.Popen(words, cwd=ROOT, env=variables, stdout=file, stderr=subprocess.STDOUT)
    try:
        wait_until_ready(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_until_ready(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(port, "GET", "/ping")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log.txt"


@pytest.mark.parametrize("processes", [1, 2])
def test_a_signal_drops_no_accepted_request(
    model_directory: Path, log: Path, record: dict[str, Any], processes: int
) -> None:
    """Clients go on connecting for some time after the signal, as a load balancer does until it notices."""
    body = json.dumps([record] * 200).encode()
    with server(model_directory, log, processes) as (port, process):
        answered: list[int] = []
        stop = Event()

        def ask_until_stopped() -> None:
            while not stop.is_set():
                answered.append(ask(port, "POST", "/invocations", body)[0])

        with ThreadPoolExecutor(max_workers=4) as pool:
            clients = [pool.submit(ask_until_stopped) for _ in range(4)]
            while len(answered) < 50:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            before = len(answered)
            time.sleep(NOTICED_SECONDS)
            stop.set()
            for client in clients:
                client.result(timeout=20)
        assert process.wait(timeout=40) == 0, log.read_text()
        assert len(answered) > before, "it went on answering"
        assert set(answered) == {200}, log.read_text()


def test_it_is_not_healthy_while_it_drains(model_directory: Path, log: Path, record: dict[str, Any]) -> None:
    body = json.dumps(record).encode()
    with server(model_directory, log, 1) as (port, process):
        begun = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        begun.putrequest("POST", "/invocations")
        begun.putheader("content-type", "application/json")
        begun.putheader("content-length", str(len(body)))
        begun.endheaders(body[:5])  # as long as it is not answered, the server does not end
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        while (status := ask(port, "GET", "/ping")[0]) == 200 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert status == 503
        begun.send(body[5:])
        assert begun.getresponse().status == 200
        begun.close()


def workers_of(process: "subprocess.Popen[bytes]") -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in children]


def events(log: Path, name: str) -> list[dict[str, Any]]:
    whole_lines = log.read_text().rpartition("\n")[0].splitlines()
    return [json.loads(line) for line in whole_lines if f'"event":"{name}"' in line]


def wait_for_events(log: Path, name: str, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while len(found := events(log, name)) < number and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(found) >= number, log.read_text()
    return found


def test_a_process_that_is_killed_is_replaced_and_costs_only_what_it_was_answering(
    model_directory: Path, log: Path, record: dict[str, Any]
) -> None:
    """Each client has one request under way, so a death costs each at most one."""
    body, clients, kills = json.dumps([record] * 20).encode(), 4, 2
    with server(model_directory, log, 2) as (port, process):
        wait_for_events(log, "ready", 2)
        outcomes: list[int] = []
        stop = Event()

        def ask_until_stopped() -> None:
            while not stop.is_set():
                try:
                    outcomes.append(ask(port, "POST", "/invocations", body)[0])
                except (OSError, http.client.HTTPException):
                    outcomes.append(0)
                time.sleep(0.005)  # the new process needs the cores, too

        with ThreadPoolExecutor(max_workers=clients) as pool:
            asking = [pool.submit(ask_until_stopped) for _ in range(clients)]
            try:
                for number in range(kills):
                    os.kill(workers_of(process)[0], signal.SIGKILL)
                    wait_for_events(log, "ready", 3 + number)
            finally:
                stop.set()
            for client in asking:
                client.result(timeout=30)
        assert process.poll() is None
        assert len(workers_of(process)) == 2
        assert outcomes.count(0) <= clients * kills, f"lost {outcomes.count(0)} of {len(outcomes)}"
        assert set(outcomes) <= {0, 200}
        died = events(log, "worker_died")
        assert [(line["signal"], line["deaths"], line["action"]) for line in died] == [
            (9, 1, "replaced"),
            (9, 2, "replaced"),
        ]
        process.terminate()
        assert process.wait(timeout=40) == 0


def test_requests_wait_while_the_only_process_is_replaced(
    model_directory: Path, log: Path, record: dict[str, Any]
) -> None:
    with server(model_directory, log, 1) as (port, process):
        os.kill(workers_of(process)[0], signal.SIGKILL)
        assert ask(port, "POST", "/invocations", json.dumps(record).encode())[0] == 200
        assert len(events(log, "ready")) == 2


def test_a_replacement_that_cannot_start_ends_the_server(model_directory: Path, log: Path, tmp_path: Path) -> None:
    """Nobody else answers, so requests would only wait."""
    model = shutil.copytree(model_directory, tmp_path / "model")
    with server(model, log, 1) as (_, process):
        shutil.rmtree(model)
        os.kill(workers_of(process)[0], signal.SIGKILL)
        assert process.wait(timeout=40) == 1
    died = events(log, "worker_died")
    assert [line["action"] for line in died] == ["replaced", "it never became ready, and no other is"]


def test_deaths_that_repeat_end_the_server(model_directory: Path, log: Path) -> None:
    with server(model_directory, log, 2) as (_, process):
        wait_for_events(log, "ready", 2)
        for number in range(1, MINIMUM_DEATHS + 1):
            os.kill(workers_of(process)[-1], signal.SIGKILL)  # the newest: the oldest goes on answering
            wait_for_events(log, "worker_died", number)
            deadline = time.monotonic() + 10
            while len(workers_of(process)) < 2 and number < MINIMUM_DEATHS and time.monotonic() < deadline:
                time.sleep(0.02)
        assert process.wait(timeout=40) == signal.SIGKILL
        assert events(log, "worker_died")[-1]["action"] == "5 deaths within 60 s"


def test_no_server_process_is_root(model_directory: Path, log: Path, record: dict[str, Any]) -> None:
    user = os.geteuid() or UNPRIVILEGED_ID
    with server(model_directory, log, 2) as (port, process):
        wait_for_events(log, "ready", 2)
        for worker in workers_of(process):
            status = dict(line.split(":", 1) for line in Path(f"/proc/{worker}/status").read_text().splitlines())
            assert set(status["Uid"].split()) == {str(user)}
            assert int(status["CapEff"], 16) & ~(1 << CAP_DAC_READ_SEARCH) == 0
        assert ask(port, "POST", "/invocations", json.dumps([record] * 500).encode())[0] == 200


def test_it_writes_no_file_and_calls_nobody(
    model_directory: Path, log: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    """So it works under network isolation and with a root that is read-only."""
    (tmp_path / "sitecustomize.py").write_text(AUDIT)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    audited = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    with server(model_directory, log, 1, **audited) as (port, _):
        assert ask(port, "POST", "/invocations", json.dumps(record).encode())[0] == 200
    found = [line for line in log.read_text().splitlines() if line.startswith("AUDIT") and "/dev/null" not in line]
    assert set(found) == {"AUDIT installed"}


def test_a_monitors_environment_makes_no_monitor_of_the_server() -> None:
    """Monitors name their entry point; MONITOR_KIND in the environment is a setting of the analyzer, nothing else."""
    environment = {**os.environ, "MONITOR_KIND": "bias"}
    command = [sys.executable, "-m", "sagemaker_mlops.serving"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "usage: python -m sagemaker_mlops.serving" in result.stderr


def test_a_model_that_is_not_there_ends_the_server(tmp_path: Path, log: Path) -> None:
    with pytest.raises(AssertionError, match="did not become ready"), server(tmp_path, log, 1):
        pass
    assert "found no file" in events(log, "not_started")[0]["error"]
    assert events(log, "worker_died")[0]["action"] == "it never became ready, and no other is"
