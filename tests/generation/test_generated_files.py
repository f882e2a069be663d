"""What is generated: exactly the expected files, no leftover Jinja, the same bytes where nothing is filled in."""

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.conftest import TEMPLATE, TEMPLATE_FOLDER, Bake, BakedProject
from tests.generation.answer_sets import ANSWER_SETS

LEFTOVER = re.compile(
    r"cookiecutter|\{\{(?!\s*(?:github|inputs|needs|secrets|vars|steps|matrix|env|runner|contains|!cancelled)\b)|\{%"
)
RAW = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))["_copy_without_render"]


def tracked_files() -> set[str]:
    """Files of the template folder that git knows, or would add."""
    words = ["git", "-c", "core.quotePath=false", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run([*words, str(TEMPLATE_FOLDER)], cwd=TEMPLATE, capture_output=True, text=True, check=True)
    prefix = f"{TEMPLATE_FOLDER.name}/"
    return {line.removeprefix(prefix) for line in listed.stdout.splitlines() if (TEMPLATE / line).exists()}


def is_raw(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in RAW)


@pytest.fixture(scope="session", params=list(ANSWER_SETS))
def baked(request: pytest.FixtureRequest, bake: Bake) -> tuple[str, BakedProject]:
    return request.param, bake(**ANSWER_SETS[request.param])


def test_exactly_the_expected_files_are_there(baked: tuple[str, BakedProject]) -> None:
    name, project = baked
    expected = tracked_files()
    if ANSWER_SETS[name].get("license", "none") == "none":
        expected -= {"LICENSE"}
    assert project.files() == expected


def test_no_jinja_is_left_over(baked: tuple[str, BakedProject]) -> None:
    _, project = baked
    for name in project.files():
        if name.startswith(("delivery/report/", "monitoring/")) and name.endswith(".html.j2"):
            continue  # a template of the project's own
        text = (project.path / name).read_bytes().decode("utf-8", errors="replace")
        if name.startswith("tools/") or name == "tests/model/test_model.py":
            text = text.replace("{{", "")  # f-strings may have doubled braces
        assert not LEFTOVER.search(text), f"{name}: {LEFTOVER.search(text)}"


def test_what_is_not_rendered_is_copied_byte_by_byte(baked: tuple[str, BakedProject]) -> None:
    _, project = baked
    for name in filter(is_raw, project.files()):
        assert (project.path / name).read_bytes() == (TEMPLATE_FOLDER / name).read_bytes(), name


def test_python_files_and_workflows_are_never_rendered() -> None:
    for name in tracked_files():
        if name.endswith(".py") or name.startswith(".github/workflows/"):
            assert is_raw(name), name


def test_lint_is_clean_and_rendered_files_parse(baked: tuple[str, BakedProject]) -> None:
    _, project = baked
    for words in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", "."],
            cwd=project.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout
    for name in project.files():
        if name.endswith((".yaml", ".yml")):
            assert yaml.safe_load(project.read(name)) is not None, name


def test_answers_arrive(baked: tuple[str, BakedProject]) -> None:
    name, project = baked
    answers = ANSWER_SETS[name]
    environments = yaml.safe_load(project.read("environments.yaml"))
    contract = yaml.safe_load(project.read("contract/contract.yaml"))
    assert environments["project"] == project.path.name
    if "project_slug" in answers or not answers.get("project_name"):
        assert project.path.name == answers.get("project_slug", "purchase-intent")
    assert environments["monitoring_runtime"] == answers.get("monitoring_runtime", "model_monitor")
    accounts = environments["environments"]
    assert accounts["dev"]["account"] == answers.get("dev_account_id", "111111111111")
    assert accounts["production"]["region"] == answers.get("aws_region", "eu-west-1")
    assert contract["name"] == answers.get("project_name", "Purchase Intent")
    assert contract["owner"] == answers.get("team_email", "ml-team@example.com")
    assert answers.get("description", "Predicts whether") in project.read("README.md")


def test_executable_files_stay_executable(baked: tuple[str, BakedProject]) -> None:
    _, project = baked
    assert (project.path / "tools/localcloud/bin/docker").stat().st_mode & 0o111


def test_generation_is_deterministic(bake: Bake) -> None:
    first, second = bake(), bake()
    for name in first.files():
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()


def test_the_root_links_lead_into_the_template() -> None:
    for name in ("infra", "pipelines"):
        link = TEMPLATE / name
        assert link.is_symlink()
        assert link.resolve() == (TEMPLATE_FOLDER / name).resolve()


@pytest.mark.parametrize("license_name", ["Apache-2.0", "MIT"])
def test_the_chosen_licence_is_there(bake: Bake, license_name: str) -> None:
    expected = {"Apache-2.0": "Apache License", "MIT": "MIT License"}[license_name]
    assert expected in bake(license=license_name).read("LICENSE")


def test_locks_have_hashes_and_no_addresses() -> None:
    locks = [
        *TEMPLATE_FOLDER.glob("requirements/*.txt"),
        *TEMPLATE_FOLDER.glob("tools/*/*.txt"),
        *TEMPLATE.glob("requirements/*.txt"),
    ]
    assert len(locks) == 10
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        packages = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
        assert len(packages) >= 3
        assert text.count("--hash=sha256:") >= len(packages)


def test_the_templates_tools_run_localclouds_own_versions() -> None:
    ours = (TEMPLATE / "requirements" / "dev.in").read_text(encoding="utf-8").splitlines()
    theirs = (TEMPLATE_FOLDER / "tools/localcloud/requirements.in").read_text(encoding="utf-8").splitlines()
    assert set(theirs) <= set(ours)


def test_nothing_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TEMPLATE, capture_output=True, check=True).stdout
    home = str(Path.home())
    for name in listed.decode().split("\0"):
        path = TEMPLATE / name
        if name and path.is_file() and not path.is_symlink() and path != Path(__file__):
            text = path.read_bytes().decode("utf-8", errors="replace")
            assert f"{TEMPLATE}/" not in text, name
            assert len(home) < 4 or f"{home}/" not in text, name


def test_the_laptop_has_one_account_that_exists_nowhere(baked: tuple[str, BakedProject]) -> None:
    _, project = baked
    environments = yaml.safe_load(project.read("environments.laptop.yaml"))["environments"]
    assert {environment["account"] for environment in environments.values()} == {"000000000000"}
