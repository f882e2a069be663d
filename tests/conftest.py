"""Bake projects: `bake(project_slug=...)` generates one and returns it.

Tests run in several processes. What takes long to make (an installed project, a cloud with a served version) is made
once, by the process that needs it first, and copied by the others.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parents[1]
TEMPLATE_FOLDER = TEMPLATE / "{{cookiecutter.project_slug}}"
LOCALCLOUD = TEMPLATE / "packages" / "localcloud" / "src"
COMMAND_SECONDS = 600
# What is never written to after it was installed: copies of a project share these files.
INSTALLED = (".venv", ".venv-infra", "node_modules", "packages/localcloud/.venv", "build/function-packages")
# What commands, jobs and servers import, by the interpreter that runs them. `make infra-setup` imports infra.
IMPORTED = (
    (
        ".venv/bin/python",
        "sagemaker_mlops.command_line.main, sagemaker_mlops.serving.server, sagemaker_mlops.training.evaluate_model, "
        "sagemaker_mlops.monitoring.analyze, fairlearn.metrics",
    ),
    ("packages/localcloud/.venv/bin/python", "localcloud.server, ministack.app"),
)
OUTER = ("VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "RUFF_CACHE_DIR")

# What begins first: two files that measure latency, which tests beside them would change, and between them a folder
# that needs no installed project: it fills the minutes in which the first file makes the state that both start from.
FIRST = ("laptop/test_releases.py", "conformance", "laptop/test_bad_releases.py")
# Files that take minutes, in the order in which they begin: one that begins last keeps everybody waiting.
LONG_FILES = (
    "laptop/test_gitops_decisions.py",
    "laptop/test_gitops.py",
    "laptop/test_monitoring.py",
    "laptop/test_demo.py",
    "laptop/test_three_accounts.py",
    "laptop/test_gitops_drift.py",
    "laptop/test_guides.py",
    "laptop/test_first_contact.py",
    "laptop/test_guide_of_github.py",
    "laptop/test_frameworks.py",
    "laptop/test_own_data.py",
    "generation/test_template_update.py",
    "laptop/test_loop.py",
    "laptop/test_stacks.py",
    "laptop/test_triggers.py",
    "generation/test_library.py",
    "generation/test_generated_checks.py",
)
# Of the scheduler's weights, an ordinary process has 1024 and one of this niceness 36.
ORDINARY_NICENESS = 15


def place(item: pytest.Item) -> int:
    """Return the place of a test's file in the order of files."""
    name = item.path.relative_to(Path(__file__).parent).as_posix()
    order = (*FIRST, *LONG_FILES)
    return next((number for number, start in enumerate(order) if name.startswith(start)), len(order))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that measure latency, then those that take longest; the order within a file stays."""
    items.sort(key=place)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Let a test that measures latency, and all that it starts, have the processor before the others.

    A process cannot lower its niceness again, so it begins with those tests.
    """
    if place(item) >= len(FIRST):
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), ORDINARY_NICENESS))


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

    def mlops(self, *words: str, **environment: str) -> str:
        """Run the project's `mlops`; fails the test if it fails. Returns what it printed."""
        result = self.run(".venv/bin/mlops", *words, **environment)
        printed = result.stdout + result.stderr
        assert result.returncode == 0, printed[-6000:]
        return printed

    def copy(self, target: Path) -> "BakedProject":
        """Copy the project to a folder; the installed packages are the same files."""
        target.mkdir(parents=True)
        for name in INSTALLED:
            source = self.path / name
            if source.exists():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "-al", str(source), str(target / name)], check=True)
        shutil.copytree(
            self.path,
            target,
            dirs_exist_ok=True,
            symlinks=True,
            ignore=lambda folder, names: [
                name
                for name in names
                if (Path(folder) / name).relative_to(self.path).as_posix() in (*INSTALLED, ".localcloud")
            ],
        )
        return replace(self, path=target)

    def files(self) -> set[str]:
        """Every file, relative to the project."""
        return {path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file()}

    def read(self, name: str) -> str:
        """Text of a file."""
        return (self.path / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def localcloud_on_path() -> None:
    """Servers are started as `python -m localcloud.server`."""
    os.environ["PYTHONPATH"] = str(LOCALCLOUD)


@pytest.fixture(scope="session", autouse=True)
def types_are_cached_once(shared_directory: Path) -> None:
    """Let mypy keep what it knows of installed packages for every project: each has the same ones."""
    os.environ["MYPY_CACHE_DIR"] = str(shared_directory / "mypy")


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
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every process of this test run sees."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"


@contextmanager
def made_once(directory: Path) -> Iterator[bool]:
    """Give True to the one process that has to make a folder's content; the others wait until it is there."""
    directory.mkdir(parents=True, exist_ok=True)
    ready = directory / "ready"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if ready.exists():
            yield False
        else:
            yield True
            ready.touch()


@pytest.fixture(scope="session")
def installed(bake: Bake, shared_directory: Path) -> BakedProject:
    """A project with default answers and everything installed. Processes share it: copy it before you change it."""
    directory = shared_directory / "installed"
    path = directory / "purchase-intent"
    with made_once(directory) as is_mine:
        if is_mine:
            shutil.move(bake().path, path)
            made = BakedProject(path)
            made.make("setup", "infra-setup")
            # Python compiles a module when it is imported first. Done here, no copy does it again.
            for python, modules in IMPORTED:
                result = made.run(python, "-c", f"import {modules}")
                assert result.returncode == 0, result.stderr
    return BakedProject(path)


@pytest.fixture(scope="session")
def project(installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> BakedProject:
    """A project with default answers, set up. The tests of a process share it."""
    return installed.copy(tmp_path_factory.mktemp("project") / "purchase-intent")
