"""Figures with limits, and commands that must succeed, for all benchmarks."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TEMPLATE = Path(__file__).parents[1]
SLUG = "purchase-intent"
OUTER = ("VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "RUFF_CACHE_DIR")


@dataclass(frozen=True)
class Figure:
    """Measured figure with the values of its rounds, and the limit that the worst value must not exceed."""

    name: str
    values: list[float]
    limit: float
    unit: str

    @property
    def kept(self) -> bool:
        """True if each round is within the limit."""
        return max(self.values) <= self.limit

    def __str__(self) -> str:
        outcome = "kept" if self.kept else "MISSED"
        values = f"{min(self.values):.2f} to {max(self.values):.2f} {self.unit}"
        return f"{self.name:<58} {values:>20}   limit {self.limit:g} {self.unit}: {outcome}"


def clean_environment() -> dict[str, str]:
    """Return this process's variables, without those set by make and by the virtual environment."""
    return {name: value for name, value in os.environ.items() if name not in OUTER}


def run(*words: str, directory: Path, **environment: str) -> str:
    """Run a command and return its output. Exit if the command fails."""
    result = subprocess.run(
        words, cwd=directory, env={**clean_environment(), **environment}, capture_output=True, text=True, check=False
    )
    if result.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout


def seconds_of(*words: str, directory: Path, **environment: str) -> float:
    """Return the seconds that a command takes."""
    start = time.perf_counter()
    run(*words, directory=directory, **environment)
    return time.perf_counter() - start


def generate(output: Path) -> Path:
    """Generate a project with default answers into a folder, and return the folder of the project."""
    output.mkdir(parents=True, exist_ok=True)
    cookiecutter = str(Path(sys.executable).with_name("cookiecutter"))
    options = ("--no-input", "--overwrite-if-exists", "--output-dir", str(output))
    run(cookiecutter, *options, str(TEMPLATE), directory=output)
    return output / SLUG


class Figures:
    """Printer of figures that records which limits were missed."""

    def __init__(self) -> None:
        self._missed: list[str] = []

    def show(self, *figures: Figure) -> None:
        """Print figures."""
        for figure in figures:
            print(figure, flush=True)
            if not figure.kept:
                self._missed.append(figure.name)

    def conclude(self) -> int:
        """Print the result and return the exit code."""
        print(f"missed: {', '.join(self._missed)}" if self._missed else "every limit is kept")
        return 1 if self._missed else 0
