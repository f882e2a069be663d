"""The library's own checks in a generated project: with its model, its contract and its installed packages."""

import hashlib
import os
import shutil
from pathlib import Path

from tests.conftest import Bake, BakedProject

RUN = Path(__file__).parents[1] / "library" / "run.sh"


def test_the_library_passes_its_types_layers_and_tests(installed: BakedProject, tmp_path: Path) -> None:
    project = installed.copy(tmp_path / "purchase-intent")
    shutil.rmtree(project.path / "tests")  # has the name of the library's
    result = project.run("sh", str(RUN), str(project.path))
    printed = result.stdout + result.stderr
    assert result.returncode == 0, printed[-6000:]
    assert "Success: no issues found" in printed
    assert "0 broken" in printed
    assert " passed" in printed
    assert "skipped" not in printed


def test_the_same_sources_give_the_same_wheel_at_another_place_and_time(bake: Bake, installed: BakedProject) -> None:
    """So that neither the image nor the functions' archive changes when nothing did."""
    other = bake()
    for path in (other.path / "packages" / "sagemaker-mlops").rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    other.make("dist/.ready")
    name, first = wheel(installed)
    assert wheel(other) == (name, first)
    assert name.startswith("sagemaker_mlops_library-")


def wheel(project: BakedProject) -> tuple[str, bytes]:
    (path,) = (project.path / "dist").glob("*.whl")
    return path.name, path.read_bytes()


def test_the_library_may_come_from_a_package_index(bake: Bake, installed: BakedProject, tmp_path: Path) -> None:
    """A folder of wheels stands for the index; the lock has the hash."""
    project = bake()
    name, content = wheel(installed)
    (tmp_path / name).write_bytes(content)
    line = f"sagemaker-mlops-library=={name.split('-')[1]} --hash=sha256:{hashlib.sha256(content).hexdigest()}\n"
    shutil.rmtree(project.path / "packages" / "sagemaker-mlops")
    locked = project.path / "requirements" / "dev.txt"
    locked.write_text(locked.read_text(encoding="utf-8") + line, encoding="utf-8")
    project.make("setup", UV_FIND_LINKS=str(tmp_path))
    assert "Purchase Intent promised by" in project.mlops("contract", "check")
