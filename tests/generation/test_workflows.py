"""Workflows are sound: actionlint, zizmor, their schema, and every foreign action pinned by its commit."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

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


@pytest.mark.parametrize("name", ["prepare", "github-token"])
def test_the_projects_own_action_is_sound(name: str) -> None:
    action = TEMPLATE_FOLDER / ".github/actions" / name / "action.yml"
    check_pins(action)
    command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-actions", action]
    assert subprocess.run(command, check=False).returncode == 0
    assert_zizmor_finds_nothing(action)


def test_dependabot_keeps_its_schema() -> None:
    file = TEMPLATE_FOLDER / ".github/dependabot.yml"
    command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.dependabot", file]
    assert subprocess.run(command, check=False).returncode == 0


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of every job of the project's workflows."""
    for path in WORKFLOWS:
        if path.is_relative_to(TEMPLATE_FOLDER):
            for name, job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items():
                yield f"{path.stem}.{name}", job


def test_where_a_run_must_not_be_lost_every_run_waits() -> None:
    """Without `queue: max` a third run that comes displaces the second: GitHub's changelog of 2026-05-07."""
    groups = {name: job["concurrency"] for name, job in jobs() if "concurrency" in job}
    displacing = {name for name, group in groups.items() if group.get("queue") != "max"}
    assert displacing == {"ci.difference"}, "an older commit's difference is worth nothing"
    for group in groups.values():
        assert group.get("queue", "max") == "max"
        assert not (group.get("queue") and group.get("cancel-in-progress")), "GitHub refuses both"


def test_a_release_waits_in_no_line_with_a_deployment_that_waits_for_a_reviewer() -> None:
    groups = {name: job["concurrency"]["group"] for name, job in jobs() if "concurrency" in job}
    assert groups["release.production"] not in {group for name, group in groups.items() if name != "release.production"}


def test_ci_runs_in_a_merge_queue() -> None:
    """Else the required check never comes there: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#merge_group"""
    content = yaml.safe_load((TEMPLATE_FOLDER / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert set(content[True]) == {"pull_request", "merge_group", "workflow_call"}


def test_a_push_before_the_connection_names_the_step() -> None:
    """Either the environments are deployed, or a notice says why not: the two conditions exclude each other."""
    deliver = {name.partition(".")[2]: job for name, job in jobs() if name.startswith("deliver.")}
    notice = deliver.pop("not-connected")
    assert notice["if"] == "vars.AWS_CONNECTED != 'true'"
    assert "Do step 11 of FIRST-CONTACT.md first: mlops github setup --apply --connected" in notice["steps"][0]["run"]
    assert {name: job.get("if") for name, job in deliver.items() if name != "ci"} == dict.fromkeys(
        ("dev", "staging", "production"), "vars.AWS_CONNECTED == 'true'"
    )


def test_jobs_that_write_get_their_token_from_one_action_within_the_hour_that_it_lives() -> None:
    """Every use of a secret is in that action's inputs; a job longer than an hour asks a second time."""
    for name, job in jobs():
        steps = job.get("steps", [])
        asking = [step for step in steps if step.get("uses") == "./.github/actions/github-token"]
        for step in steps:
            if step not in asking:
                assert "secrets." not in str(step), name
        if asking:
            assert len(asking) == (2 if job["timeout-minutes"] > 60 else 1), name
            assert job["environment"] in ("delivery", "dev", "production"), "where github-setup puts the secrets"


def test_what_pulls_base_images_is_repeated_where_the_registry_throttles() -> None:
    """Machines of GitHub share their addresses: https://docs.docker.com/docker-hub/usage/pulls/"""
    pulling = {
        name: step["run"]
        for name, job in jobs()
        for step in job.get("steps", [])
        if re.search(r"mlops image build\b|mlops image check", str(step.get("run")))
    }
    assert len(pulling) == 2
    assert all(".github/scripts/retry-throttled.sh mlops image " in run for run in pulling.values()), pulling


def test_what_always_runs_asks_whether_there_is_anything_to_end() -> None:
    """A step that ends what another began runs after a failure, too, but not where that one never began."""
    for name, job in jobs():
        for step in job.get("steps", []):
            condition = str(step.get("if", ""))
            if "always()" in condition:
                assert re.search(r"steps\.[a-z-]+\.outputs\.[a-z_]+ != ''", condition), f"{name}: {condition}"


def test_a_generated_project_has_them_byte_for_byte(bake: Bake) -> None:
    """No answer changes a workflow, so what holds for the template's files holds for every project's."""
    ours, project = TEMPLATE_FOLDER / ".github", bake()
    for path in [*(ours / "workflows").iterdir(), *(ours / "actions").rglob("*.yml")]:
        assert (project.path / ".github" / path.relative_to(ours)).read_bytes() == path.read_bytes()


def test_there_are_workflows() -> None:
    names = {path.stem for path in WORKFLOWS if path.is_relative_to(TEMPLATE_FOLDER)}
    assert names == {"ci", "deliver", "promote", "reconcile", "release", "retrain", "update-template"}
