"""Folders that are copied as they are: no cache or environment travels along, and lost links are refused."""

import shutil
from pathlib import Path

import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter

from tests.conftest import TEMPLATE, Bake

LEFT_BEHIND = ("__pycache__/a.pyc", ".mypy_cache/b.json", ".ruff_cache/c", ".venv/bin/python", "build/d", "dist/e")
CACHED = ("infra", "packages/localcloud", "packages/localcloud/src/localcloud", "model")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A copy of the template."""
    copy = tmp_path / "template"
    folders = ("hooks", "{{cookiecutter.project_slug}}", "infra", "model", "packages", "pipelines")
    for folder in folders:
        shutil.copytree(TEMPLATE / folder, copy / folder, symlinks=True)
    shutil.copy(TEMPLATE / "cookiecutter.json", copy)
    return copy


def generate(template: Path, folder: Path) -> set[str]:
    """Generate a project; returns its files."""
    project = Path(cookiecutter(str(template), no_input=True, output_dir=str(folder)))
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


def test_neither_caches_nor_environments_travel_along(template: Path, bake: Bake, tmp_path: Path) -> None:
    for folder in CACHED:
        for name in LEFT_BEHIND:
            path = template / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    assert generate(template, tmp_path / "output") == bake().files()


def test_a_project_that_is_generated_again_keeps_what_it_has_installed(template: Path, tmp_path: Path) -> None:
    project = Path(cookiecutter(str(template), no_input=True, output_dir=str(tmp_path)))
    installed = [
        project / name
        for name in (
            ".venv/bin/python",
            "node_modules/aws-cdk/cdk",
            "build/cdk.out/manifest.json",
            ".venv-infra/__pycache__/a.pyc",
        )
    ]
    for path in installed:
        path.parent.mkdir(parents=True)
        path.touch()
    cookiecutter(str(template), no_input=True, output_dir=str(tmp_path), overwrite_if_exists=True)
    assert all(path.exists() for path in installed)


def test_a_template_that_lost_its_links_generates_nothing(
    template: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A ZIP download and Git for Windows leave texts in the place of links."""
    for name in ("infra", "packages"):
        link = template / "{{cookiecutter.project_slug}}" / name
        link.unlink()
        link.write_text(f"../{name}", encoding="utf-8")
    with pytest.raises(FailedHookException):
        generate(template, tmp_path / "output")
    assert "has lost its links: infra, packages should be folders" in capfd.readouterr().err
    assert not list((tmp_path / "output").iterdir())
