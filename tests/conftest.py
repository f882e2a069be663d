"""Bake projects: `bake(project_slug=...)` generates one and returns it."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parents[1]
TEMPLATE_FOLDER = TEMPLATE / "{{cookiecutter.project_slug}}"
COMMAND_SECONDS = 600
OUTER = ("VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "RUFF_CACHE_DIR")


def clean_environment() -> dict[str, str]:
    """This process's environment without what the template's own make and virtual environment set."""
    return {name: value for name, value in os.environ.items() if name not in OUTER}


@dataclass(frozen=True)
class BakedProject:
    """A generated project."""

    path: Path

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a shell in the project."""
        return {**clean_environment(), **more}

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the project."""
        return subprocess.run(
            words,
            cwd=self.path,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def make(self, *words: str, **environment: str) -> str:
        """Run make targets; fails the test if they fail. Returns what they printed."""
        result = self.run("make", *words, **environment)
        printed = result.stdout + result.stderr
        assert result.returncode == 0, printed[-6000:]
        return printed

    def files(self) -> set[str]:
        """Every file, relative to the project."""
        return {path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file()}

    def read(self, name: str) -> str:
        """Text of a file."""
        return (self.path / name).read_text(encoding="utf-8")


Bake = Callable[..., BakedProject]


@pytest.fixture(scope="session")
def bake(tmp_path_factory: pytest.TempPathFactory) -> Bake:
    """Generate a project with the given answers, defaults elsewhere."""

    def generate(**answers: str) -> BakedProject:
        output = tmp_path_factory.mktemp("baked")
        path = cookiecutter(str(TEMPLATE), no_input=True, extra_context=answers, output_dir=str(output))
        return BakedProject(Path(path))

    return generate


@pytest.fixture(scope="session")
def project(bake: Bake) -> BakedProject:
    """A project with default answers, set up. Tests share it."""
    baked = bake()
    baked.make("setup")
    return baked
