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
LINKS = sorted(path for path in TEMPLATE_FOLDER.iterdir() if path.is_symlink())


def tracked_files() -> set[str]:
    """Files of the template folder that git knows, or would add."""
    found = {path.relative_to(TEMPLATE_FOLDER).as_posix() for path in listed(TEMPLATE_FOLDER) if not path.is_symlink()}
    for link in LINKS:
        found |= {path.relative_to(TEMPLATE).as_posix() for path in listed(TEMPLATE / link.name)}
    return found


def listed(folder: Path) -> set[Path]:
    words = ["git", "-c", "core.quotePath=false", "ls-files", "--cached", "--others", "--exclude-standard"]
    result = subprocess.run([*words, str(folder)], cwd=TEMPLATE, capture_output=True, text=True, check=True)
    return {TEMPLATE / line for line in result.stdout.splitlines() if (TEMPLATE / line).exists()}


def is_raw(name: str) -> bool:
    return any(fnmatch(part, pattern) for pattern in RAW for part in (name, name.partition("/")[0]))


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
        if name.startswith("packages/sagemaker-mlops/") and name.endswith(".html.j2"):
            continue  # a template of the project's own
        if name == "requirements/update.txt":
            continue  # cruft needs cookiecutter
        text = (project.path / name).read_bytes().decode("utf-8", errors="replace")
        if name.startswith("packages/") or name == "tests/test_model.py":
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
    assert (project.path / "packages/localcloud/bin/docker").stat().st_mode & 0o111


def test_generation_is_deterministic(bake: Bake) -> None:
    first, second = bake(), bake()
    for name in first.files():
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()


def test_what_is_copied_as_it_is_lies_at_the_top() -> None:
    """Links of the template's folder lead there, and cookiecutter copies what they hold."""
    assert [link.name for link in LINKS] == ["infra", "model", "packages", "pipelines"]
    for link in LINKS:
        assert link.readlink() == Path("..") / link.name
        assert link.name in RAW


@pytest.mark.parametrize("license_name", ["Apache-2.0", "MIT"])
def test_the_chosen_licence_is_there(bake: Bake, license_name: str) -> None:
    expected = {"Apache-2.0": "Apache License", "MIT": "MIT License"}[license_name]
    assert expected in bake(license=license_name).read("LICENSE")


def test_locks_have_hashes_and_no_addresses() -> None:
    locks = [
        *TEMPLATE_FOLDER.glob("requirements/*.txt"),
        *TEMPLATE.glob("packages/*/*.txt"),
        *TEMPLATE.glob("requirements/*.txt"),
    ]
    assert len(locks) == 13
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        packages = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
        assert len(packages) >= 3
        assert text.count("--hash=sha256:") >= len(packages)


def test_the_templates_tools_run_localclouds_own_versions() -> None:
    ours = (TEMPLATE / "requirements" / "dev.in").read_text(encoding="utf-8").splitlines()
    theirs = (TEMPLATE_FOLDER / "packages/localcloud/requirements.in").read_text(encoding="utf-8").splitlines()
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
