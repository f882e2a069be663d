"""Benchmark of the drafting of a contract from data files: `make bench-draft`."""

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import TEMPLATE, Figure, Figures, clean_environment, generate, run

PEERS = Path(__file__).parent / "peers"
ROUNDS, KILOBYTE = 3, 1024
# Rows, columns, and the limits in seconds and megabytes.
CASES = ((48_000, 15, 5.0, 2000.0), (1_000_000, 100, 60.0, 2000.0))


def draft(project: Path, data: Path) -> tuple[float, float]:
    """Draft a contract from a file, and return the seconds and the largest memory in megabytes."""
    words = (".venv/bin/mlops", "contract", "draft", str(data), "--label", "label", "--yes")
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=project, env=clean_environment(), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(words)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / KILOBYTE


def main() -> int:
    """Run all measurements and return the exit code."""
    build = TEMPLATE / "build" / "bench"
    project = generate(build)
    run("make", "setup", directory=project)
    figures = Figures()
    for rows, columns, most_seconds, most_megabytes in CASES:
        data = build / f"draft-{rows}.csv"
        words = (str(PEERS / "draft_files.py"), str(data), str(rows), str(columns))
        run(str(project / ".venv/bin/python"), *words, directory=project)
        rounds = [draft(project, data) for _ in range(ROUNDS)]
        name = f"draft from {rows:,} rows x {columns} columns"
        figures.show(
            Figure(name, [seconds for seconds, _ in rounds], most_seconds, "s"),
            Figure(f"{name}, memory", [megabytes for _, megabytes in rounds], most_megabytes, "MB"),
        )
        data.unlink()
    return figures.conclude()


if __name__ == "__main__":
    sys.exit(main())
