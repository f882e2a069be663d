"""Benchmark of the server and the monitors for each type of label, against a binary one: `make bench-problems`."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import TEMPLATE, Figure, Figures, clean_environment, generate, run

PEER = Path(__file__).parent / "peers" / "problem_throughput.py"
# Regression and categories may take a tenth longer than two outcomes.
MOST_TIMES = 1.1


def measured(project: Path) -> dict[str, dict[str, list[float]]]:
    """Return requests and captured rows per second of each problem, a value for each round."""
    words = [str(project / ".venv/bin/python"), str(PEER), str(TEMPLATE)]
    result = subprocess.run(words, cwd=project, env=clean_environment(), capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(result.stderr)
    found: dict[str, dict[str, list[float]]] = json.loads(result.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Run all measurements and return the exit code."""
    project = generate(TEMPLATE / "build" / "bench")
    run("make", "setup", directory=project)
    found, figures = measured(project), Figures()
    for figure, unit in (("requests", "requests/s"), ("rows", "captured rows/s")):
        best = max(found["binary"][figure])
        print(f"binary: {best:,.0f} {unit}")
        for problem in ("multiclass", "regression"):
            name = f"{problem}, time of {figure} over binary"
            figures.show(Figure(name, [best / max(found[problem][figure])], MOST_TIMES, "times"))
    return figures.conclude()


if __name__ == "__main__":
    sys.exit(main())
