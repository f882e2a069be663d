"""Benchmark of releases at 200 requests per second on the local cloud: `make bench-rollout`.

It releases good and faulty versions. The faulty ones are those of the tests (tests/laptop/faulty_versions.py).
"""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from localcloud.instance import free_port

from benchmarks.figures import TEMPLATE, Figure, Figures, generate
from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop, said
from tests.laptop.faulty_versions import ENDPOINT, FAULTS, copy_version, guard_states, register_faulty
from tests.localcloud.waiting import wait_until

RATE = 200
CALM_SECONDS = 60.0
RELEASED, ROLLED_BACK = 0, 3
# The canary gets 10 % of the requests until an alarm fires, after two of three periods. The other requests succeed.
MOST_FAILED_PERCENT = 10.0
LONGEST_ROLLBACK_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """Result of a release under load: exit code, seconds, number of requests and failures, last output."""

    code: int
    seconds: float
    requests: int
    failed: int
    words: str


@contextmanager
def running_laptop() -> Iterator[Laptop]:
    """Start a project's local cloud, deploy its stacks, and yield the laptop."""
    project = BakedProject(generate(TEMPLATE / "build" / "bench"))
    laptop = Laptop(project, free_port())
    project.make("setup", "infra-setup")
    project.mlops("local", "reset")
    project.mlops("local", "up", "--iam", LOCALCLOUD_PORT=str(laptop.port))
    try:
        laptop.prepare()
        yield laptop
    finally:
        project.mlops("local", "down")


def release_under_load(laptop: Laptop, arn: str) -> Outcome:
    """Release a version while requests arrive at RATE."""
    with laptop.traffic(RATE) as printed:
        # A release is refused while a guard alarm is firing.
        wait_until(lambda: "ALARM" not in guard_states(laptop), CALM_SECONDS)
        begin = time.perf_counter()
        result = laptop.try_mlops("release", arn)
        seconds = time.perf_counter() - begin
        time.sleep(2)
    sent = said("\n".join(printed), "sent")
    requests, failed = (int(re.sub(r"\D", "", found)) for found in re.findall(r"([\d,]+) (?:requests|failed)", sent))
    return Outcome(result.returncode, seconds, requests, failed, (result.stderr or result.stdout).splitlines()[-1])


def main() -> int:
    """Run all measurements and return the exit code."""
    figures = Figures()
    with running_laptop() as laptop:
        first = said(laptop.train("2025-02:2025-07").stdout, "registered")
        laptop.mlops("approve", first)
        laptop.mlops("release", first)
        for fault in FAULTS:
            found = release_under_load(laptop, register_faulty(laptop, first, fault))
            print(f"{fault.name}: exit code {found.code}, {found.requests:,} requests; {found.words}", flush=True)
            # Under this load requests wait while processes are replaced, so either guard may be the first to fire.
            reason = f"it was rolled back: {ENDPOINT}-" if fault.guard else fault.reason
            if found.code != ROLLED_BACK or reason not in found.words:
                sys.exit(f"expected the release to be rolled back because of: {fault.reason}")
            figures.show(
                Figure(f"{fault.name}: given back after", [found.seconds], LONGEST_ROLLBACK_SECONDS, "s"),
                Figure(
                    f"{fault.name}: failed requests", [100 * found.failed / found.requests], MOST_FAILED_PERCENT, "%"
                ),
            )
        found = release_under_load(laptop, copy_version(laptop, first))
        print(f"good version: exit code {found.code}, {found.requests:,} requests; {found.words}", flush=True)
        if found.code != RELEASED:
            sys.exit("expected the release to succeed")
        figures.show(Figure("good version: failed requests", [float(found.failed)], 0.0, "requests"))
    return figures.conclude()


if __name__ == "__main__":
    sys.exit(main())
