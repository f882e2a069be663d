"""Workflows are sound: actionlint, zizmor, and every foreign action pinned by its commit."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TEMPLATE_FOLDER

WORKFLOWS = sorted(
    [*(TEMPLATE / ".github/workflows").glob("*.yml"), *(TEMPLATE_FOLDER / ".github/workflows").glob("*.yml")]
)
TOOLS = Path(sys.executable).parent


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.relative_to(TEMPLATE).as_posix())
class TestWorkflow:
    def test_actionlint_finds_nothing(self, path: Path) -> None:
        result = subprocess.run(
            [TOOLS / "actionlint", "-shellcheck=", "-pyflakes=", path], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr

    def test_zizmor_finds_nothing(self, path: Path) -> None:
        result = subprocess.run(
            [TOOLS / "zizmor", "--offline", "--quiet", path], capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr

    def test_actions_are_pinned_by_commit_with_their_version_beside(self, path: Path) -> None:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line and "uses: ./" not in line:
                assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line

    def test_the_workflow_has_no_rights_by_itself(self, path: Path) -> None:
        assert "\npermissions: {}\n" in path.read_text(encoding="utf-8")


def test_there_are_workflows() -> None:
    assert len(WORKFLOWS) >= 2
