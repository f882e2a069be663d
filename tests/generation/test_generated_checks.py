"""Generated projects pass their own checks; the default one does so in its own CI, in tests/laptop/test_gitops.py."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conformance.resource_types import RESOURCE_TYPES
from tests.conftest import Bake, BakedProject
from tests.generation.answer_sets import ANSWER_SETS


def assert_checks_and_tests_pass(project: BakedProject) -> None:
    checked = project.make("check")
    assert "All checks passed!" in checked
    assert "Success: no issues found" in checked
    assert " passed" in checked
    for text in ("skipped", "xfailed"):
        assert text not in checked


def test_another_project_passes_without_the_local_cloud(bake: Bake) -> None:
    """The local cloud is a tool: nothing depends on it."""
    project = bake(**ANSWER_SETS["non-ASCII"], **ANSWER_SETS["scheduled pipeline"])
    shutil.rmtree(project.path / "packages" / "localcloud")
    assert_checks_and_tests_pass(project)
    assert "templates: " in project.mlops("synth")
    assert synthesized_types(project.path / "build" / "cdk.out") <= set(RESOURCE_TYPES)


def synthesized_types(folder: Path) -> set[str]:
    """The resource types of all templates below a folder."""
    templates = [json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob("*.template.json")]
    assert templates
    return {resource["Type"] for template in templates for resource in template["Resources"].values()}


def test_bare_make_prints_help(project: BakedProject) -> None:
    printed = project.make()
    for target in ("setup", "check", "test", "format", "compile", "lock", "clean", "demo", "check-infra"):
        assert f"  {target} " in printed, target
    assert len(printed.splitlines()) <= 14


def test_the_help_screen_shows_the_commands_of_people(project: BakedProject) -> None:
    printed = project.mlops("--help")
    for word in ("doctor", "deploy", "data", "train", "versions", "approve", "release", "monitor", "status", "local"):
        assert f" {word} " in printed, word
    assert "comment-diff" not in printed
    assert "│ workflow " not in printed
    assert "comment-diff" in project.mlops("workflow", "--help")


def test_the_contract_is_printed_as_a_table(project: BakedProject) -> None:
    printed = project.mlops("contract", "check")
    assert "Columns" in printed
    assert "roc_auc at least 0.85" in printed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minimum: 0.85", "minimum: high", "gates.registration[0].minimum"),
        ("version: 1", "version: 1\n- x", "contract.yaml"),
    ],
)
def test_a_broken_contract_stops_make_with_a_message(
    bake: Bake, project: BakedProject, old: str, new: str, message: str
) -> None:
    broken = bake()
    path = broken.path / "contract" / "contract.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    result = project.run(".venv/bin/mlops", "contract", "check", "--file", str(path))
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
