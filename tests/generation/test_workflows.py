"""Workflows are sound: actionlint, zizmor, their schema, and every foreign action pinned by its commit."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TEMPLATE_FOLDER, Bake

WORKFLOWS = sorted(
    [*(TEMPLATE / ".github/workflows").glob("*.yml"), *(TEMPLATE_FOLDER / ".github/workflows").glob("*.yml")]
)
TOOLS = Path(sys.executable).parent


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.relative_to(TEMPLATE).as_posix())
class TestWorkflow:
    def test_zizmor_finds_nothing(self, path: Path) -> None:
        assert_zizmor_finds_nothing(path)

    def test_it_keeps_the_schema(self, path: Path) -> None:
        command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr

    def test_actions_are_pinned_by_commit_with_their_version_beside(self, path: Path) -> None:
        check_pins(path)

    def test_the_workflow_has_no_rights_by_itself(self, path: Path) -> None:
        assert "\npermissions: {}\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", [TEMPLATE, TEMPLATE_FOLDER], ids=["template", "project"])
def test_actionlint_finds_nothing(folder: Path, tmp_path: Path) -> None:
    """In a repository of its own: workflows that call each other are looked for from its root."""
    shutil.copytree(folder / ".github", tmp_path / ".github")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    command: list[str | Path] = [TOOLS / "actionlint", "-shellcheck=", "-pyflakes="]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def assert_zizmor_finds_nothing(path: Path) -> None:
    command: list[str | Path] = [
        TOOLS / "zizmor",
        "--offline",
        "--quiet",
        "--config",
        TEMPLATE_FOLDER / ".github" / "zizmor.yml",
        path,
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def check_pins(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line and "uses: ./" not in line:
            assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_the_projects_own_action_is_sound() -> None:
    action = TEMPLATE_FOLDER / ".github/actions/prepare/action.yml"
    check_pins(action)
    command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-actions", action]
    assert subprocess.run(command, check=False).returncode == 0
    assert_zizmor_finds_nothing(action)


def test_a_generated_project_has_them_byte_for_byte(bake: Bake) -> None:
    """No answer changes a workflow, so what holds for the template's files holds for every project's."""
    ours, project = TEMPLATE_FOLDER / ".github", bake()
    for path in [*(ours / "workflows").iterdir(), *(ours / "actions").rglob("*.yml")]:
        assert (project.path / ".github" / path.relative_to(ours)).read_bytes() == path.read_bytes()


def test_there_are_workflows() -> None:
    names = {path.stem for path in WORKFLOWS if path.is_relative_to(TEMPLATE_FOLDER)}
    assert names == {"ci", "deliver", "promote", "reconcile", "release", "retrain"}
