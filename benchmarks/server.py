"""Benchmark of the inference server against MLflow, BentoML and bare handlers: `make bench-server`.

All servers have the same model. Each runs alone, under one and then eight clients in a closed loop. The server of this
project starts a process for each core, as its users start it; it is also measured with one process, as the peers have.
"""

import json
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import TEMPLATE, Figure, Figures, clean_environment, generate, run
from benchmarks.http_load import Load, load

ROUNDS, SECONDS = 3, 4.0
PEERS = Path(__file__).parent / "peers"
CSV_ROWS, MEGABYTE = 100_000, 1024 * 1024
READY_SECONDS = 90.0


@dataclass(frozen=True)
class Server:
    """Server to measure."""

    name: str
    words: list[str]
    environment: dict[str, str]
    bodies: list[bytes]
    health: str = "/ping"


@contextmanager
def running(server: Server, directory: Path) -> Iterator[tuple[int, int]]:
    """Start a server, and yield its port and process id once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [word.replace("{port}", str(port)) for word in server.words]
    environment = {name: value.replace("{port}", str(port)) for name, value in server.environment.items()}
    with (directory / f"{server.name.replace(' ', '-')}.log").open("w") as log:
        process = psutil.Popen(words, cwd=directory, env={**clean_environment(), **environment}, stdout=log, stderr=log)
    try:
        _wait_until_ready(port, process, server.health)
        yield port, process.pid
    finally:
        children = process.children(recursive=True)
        process.terminate()
        _, alive = psutil.wait_procs([process, *children], timeout=10)
        for left in alive:
            left.kill()


def _wait_until_ready(port: int, process: psutil.Popen, health: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{health}", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"a server did not start: {' '.join(process.args)}")


def servers(project: Path, model: Path) -> dict[str, Server]:
    """Return the servers to compare by name, each with records in the format that it reads."""
    records, matrix = (json.loads((model / name).read_text()) for name in ("records.json", "matrix.json"))
    inputs = [json.dumps({"inputs": [row]}).encode() for row in matrix]
    python, peer = str(project / ".venv/bin/python"), TEMPLATE / "build/bench/mlflow/bin"
    mlflow = [str(peer / "mlflow"), "models", "serve", "-m", str(model / "mlflow"), "--env-manager", "local"]
    peers = TEMPLATE / "build/bench/peers/bin"
    bento = [str(peers / "bentoml"), "serve", "bento_service:Peer", "--working-dir", str(PEERS)]
    granian = ["--interface", "rsgi", "--workers", "1", "--host", "127.0.0.1", "--log-level", "warning"]
    command = [python, "-m", "sagemaker_mlops.serving", "serve"]
    variables = {
        "PYTHONPATH": str(project),
        "SAGEMAKER_MLOPS_PROJECT": str(project),
        "MODEL_DIRECTORY": str(model),
        "MODEL_VERSION": "1",
        "SAGEMAKER_BIND_TO_PORT": "{port}",
    }
    bodies = [json.dumps(record).encode() for record in records]
    found = [
        Server("ours", command, variables, bodies),
        Server("ours, one process", command, {**variables, "SERVER_PROCESSES": "1"}, bodies),
        Server("bare handler", [python, str(PEERS / "bare_handler.py"), str(model), "{port}"], {}, inputs),
        Server(
            "mlflow models serve",
            [*mlflow, "--port", "{port}", "--host", "127.0.0.1"],
            {"PATH": f"{peer}:/usr/local/bin:/usr/bin:/bin"},
            inputs,
        ),
        Server(
            "bentoml serve",
            [*bento, "--port", "{port}", "--host", "127.0.0.1"],
            {"BENTO_MODEL": str(model), "BENTOML_DO_NOT_TRACK": "true"},
            inputs,
            health="/readyz",
        ),
        Server(
            "granian handler",
            [str(peers / "granian"), "granian_handler:application", *granian, "--port", "{port}"],
            {"PYTHONPATH": str(PEERS), "GRANIAN_HANDLER_MODEL": str(model)},
            inputs,
        ),
    ]
    return {server.name: server for server in found}


def measure(server: Server, directory: Path) -> dict[int, Load]:
    """Return the best of several rounds for each number of clients.

    The best round is used because other work on the machine can only make a round worse.
    """
    with running(server, directory) as (port, _):
        load(port, server.bodies, clients=1, seconds=1.0)
        rounds = [
            {clients: load(port, server.bodies, clients=clients, seconds=SECONDS) for clients in (1, 8)}
            for _ in range(ROUNDS)
        ]
    for clients in (1, 8):
        failures = sum(found[clients].failures for found in rounds)
        if failures:
            sys.exit(f"{server.name}: {failures} requests failed; see its log in {directory}")
    best = {clients: max((found[clients] for found in rounds), key=_throughput) for clients in (1, 8)}
    for clients, found in best.items():
        who = f"{server.name:<20} {clients} client{'s' if clients > 1 else ' '}"
        latency = f"median {found.milliseconds(0.5):6.2f} ms   p99 {found.milliseconds(0.99):6.2f} ms"
        print(f"  {who}  {latency}   {found.requests_per_second:7.0f} requests/s", flush=True)
    return best


def _throughput(found: Load) -> float:
    return found.requests_per_second


def large_request(server: Server, directory: Path, rows: list[str]) -> tuple[Figure, Figure]:
    """Measure a CSV request with many rows: the seconds, and the largest memory of the server."""
    body = "\n".join(rows[number % len(rows)] for number in range(CSV_ROWS)).encode()
    seconds = []
    with running(server, directory) as (port, pid):
        for _ in range(ROUNDS):
            request = urllib.request.Request(
                f"http://127.0.0.1:{port}/invocations", data=body, headers={"Content-Type": "text/csv"}
            )
            start = time.perf_counter()
            with urllib.request.urlopen(request, timeout=60) as answer:
                lines = answer.read().count(b"\n")
            seconds.append(time.perf_counter() - start)
            if lines != CSV_ROWS + 1:
                sys.exit(f"expected {CSV_ROWS} predictions and a header, found {lines} lines")
        peak = sum(_peak_megabytes(process.pid) for process in _with_children(pid))
    return (
        Figure(f"a CSV request of {CSV_ROWS:,} rows ({len(body) / MEGABYTE:.1f} MB)", [min(seconds)], 2.0, "s"),
        Figure("  memory of the server, all processes, at most", [peak], 500.0, "MB"),
    )


def _with_children(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def _peak_megabytes(pid: int) -> float:
    """Return the largest resident size of a process so far, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> int:
    """Run all measurements and return the exit code."""
    build = TEMPLATE / "build" / "bench"
    project = generate(build)
    run("make", "setup", directory=project)
    model = build / "model"
    python = str(project / ".venv/bin/python")
    run(python, str(PEERS / "train_model.py"), str(model), directory=project, PYTHONPATH=str(project))
    if not (model / "mlflow").exists():
        run(str(build / "mlflow/bin/python"), str(PEERS / "mlflow_model.py"), str(model), directory=build)
    figures = Figures()
    compared = servers(project, model)
    loads = {name: measure(server, build) for name, server in compared.items()}
    ours, bare, mlflow = (loads[name] for name in ("ours", "bare handler", "mlflow models serve"))

    def faster(name: str) -> float:
        """Return the peer's throughput over ours, both with one process under eight clients."""
        return _throughput(loads[name][8]) / _throughput(loads["ours, one process"][8])

    ratios = {
        "mlflow's requests/s over ours, 8 clients": (_throughput(mlflow[8]) / _throughput(ours[8]), 1 / 8),
        "our p99 over mlflow's, 8 clients": (ours[8].milliseconds(0.99) / mlflow[8].milliseconds(0.99), 1 / 10),
        "our median over the bare handler's, 1 client": (ours[1].milliseconds(0.5) / bare[1].milliseconds(0.5), 2.0),
        "the bare handler's requests/s over ours, one process": (faster("bare handler"), 1.0),
        "bentoml's requests/s over ours, one process": (faster("bentoml serve"), 1.0),
        "the granian handler's requests/s over ours, one process": (faster("granian handler"), 2.0),
    }
    figures.show(*(Figure(name, [found], limit, "x") for name, (found, limit) in ratios.items()))
    figures.show(*large_request(compared["ours"], build, (model / "rows.csv").read_text().splitlines()))
    return figures.conclude()


if __name__ == "__main__":
    sys.exit(main())
