"""A second version of the template reaches projects: an untouched one, one with edits, and one with a conflict.

The second version has a fix of the library, a change of a workflow, and a new question.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import INSTALLED, TEMPLATE, BakedProject
from tests.laptop.conftest import in_one_account
from tests.laptop.github_stand_in import PERSON, StandIn
from tests.laptop.gitops import PERMISSIONS, PRIVATE_KEY
from tests.ports import reserved_port

FOLDER = "{{cookiecutter.project_slug}}"
IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@example.com")
CRUFT = ".venv-update/bin/cruft"
LIBRARY_FILE = "packages/sagemaker-mlops/src/sagemaker_mlops/project.py"
WORKFLOW = ".github/workflows/reconcile.yml"
V2 = {"version": "v2"}


def git(folder: Path, *words: str) -> str:
    result = subprocess.run(["git", *IDENTITY, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the template as it is here, tagged v1, and a second version, tagged v2."""
    folder = tmp_path_factory.mktemp("template") / "template"
    listed = git(TEMPLATE, "ls-files", "-co", "--exclude-standard").splitlines()
    for name in (name for name in listed if (TEMPLATE / name).exists()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TEMPLATE / name, folder / name, follow_symlinks=False)
    git(folder.parent, "init", "--quiet", "--initial-branch", "main", str(folder))
    commit(folder, "First version")
    git(folder, "tag", "v1")
    replace(folder / LIBRARY_FILE, "return next(", "# A fix.\n    return next(")
    replace(folder / FOLDER / WORKFLOW, "timeout-minutes: 15", "timeout-minutes: 25")
    questions = json.loads((folder / "cookiecutter.json").read_text(encoding="utf-8"))
    questions = {"slack_channel": "none", **questions}
    (folder / "cookiecutter.json").write_text(json.dumps(questions, indent=2), encoding="utf-8")
    replace(folder / FOLDER / "README.md", "Owner: ", "Channel: {{ cookiecutter.slack_channel }} · Owner: ")
    commit(folder, "Second version")
    git(folder, "tag", "v2")
    return folder


@pytest.fixture(scope="module")
def first(installed: BakedProject, template: Path, tmp_path_factory: pytest.TempPathFactory) -> BakedProject:
    """A project of the first version, created with cruft, committed, with everything installed."""
    tool = installed.copy(tmp_path_factory.mktemp("tool") / "purchase-intent")
    tool.make(".venv-update/.ready")
    output = tmp_path_factory.mktemp("created")
    created = tool.run(CRUFT, "create", str(template), "--checkout", "v1", "--no-input", "--output-dir", str(output))
    assert created.returncode == 0, created.stdout + created.stderr
    project = BakedProject(output / "purchase-intent")
    shutil.copytree(tool.path / ".venv-update", project.path / ".venv-update", symlinks=True)
    for name in INSTALLED:
        (project.path / name).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-al", str(tool.path / name), str(project.path / name)], check=True)
    git(project.path, "init", "--quiet", "--initial-branch", "main")
    commit(project.path, "Generate the project")
    return project


Copied = Callable[[], BakedProject]


@pytest.fixture
def copied(first: BakedProject, tmp_path: Path) -> Copied:
    def copy() -> BakedProject:
        project = first.copy(tmp_path / "purchase-intent")
        for name in (".venv-update", ".venv", ".venv-infra", "packages/localcloud/.venv"):
            for mark in (".packages", ".ready"):
                (project.path / name / mark).touch()
        return project

    return copy


def update(project: BakedProject, *words: str) -> subprocess.CompletedProcess[str]:
    return project.run(".venv/bin/mlops", "template", "update", *words)


def test_an_untouched_project_becomes_the_new_version(copied: Copied, template: Path, tmp_path: Path) -> None:
    project = copied()
    result = update(project, "--to", "v2")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"updated from \w+ to \w+: 4 files; next: make setup check", result.stdout), result.stdout
    commit(project.path, "Update the template")
    words = ("create", str(template), "--checkout", "v2", "--no-input", "--output-dir", str(tmp_path / "fresh"))
    assert project.run(CRUFT, *words).returncode == 0
    fresh = BakedProject(tmp_path / "fresh" / "purchase-intent")
    git(fresh.path, "init", "--quiet", "--initial-branch", "main")
    commit(fresh.path, "Generate the project")
    assert git(project.path, "rev-parse", "HEAD^{tree}") == git(fresh.path, "rev-parse", "HEAD^{tree}")
    again = update(project)
    assert "has the newest template already" in again.stdout, again.stdout + again.stderr


def test_edits_of_a_team_survive_and_are_deployed(copied: Copied) -> None:
    project = copied()
    replace(project.path / "model" / "hyperparameters.json", '"seed": 1', '"seed": 2')
    replace(project.path / WORKFLOW, "23 */6", "53 */6")
    (project.path / "docs" / "team.md").write_text("ours\n", encoding="utf-8")
    (project.path / "FIRST-CONTACT.md").unlink()
    commit(project.path, "Make it ours")
    result = update(project, "--to", "v2")
    assert result.returncode == 0, result.stdout + result.stderr
    workflow = project.read(WORKFLOW)
    assert ("53 */6" in workflow, "timeout-minutes: 25" in workflow) == (True, True)
    assert '"seed": 2' in project.read("model/hyperparameters.json")
    assert not (project.path / "FIRST-CONTACT.md").exists()
    assert "# A fix." in project.read(LIBRARY_FILE)
    assert "Channel: none" in project.read("README.md")
    assert "Success: no issues found" in project.make("setup", "check", "infra-setup")
    laptop = in_one_account(project)
    project.mlops("local", "up", LOCALCLOUD_PORT=str(laptop.port))
    try:
        laptop.mlops("bootstrap")
        assert "purchase-intent-dev-foundation: done" in laptop.mlops("deploy", "--environment", "dev")
    finally:
        project.mlops("local", "down")


def test_a_conflict_is_no_success(copied: Copied) -> None:
    project = copied()
    replace(project.path / WORKFLOW, "timeout-minutes: 15", "timeout-minutes: 5")
    commit(project.path, "Make it ours")
    result = update(project, "--to", "v2", "--json")
    assert result.returncode == 8, result.stdout + result.stderr
    message = json.loads(result.stdout)["error"]
    assert "1 files need a decision" in message
    for text in (WORKFLOW, "timeout-minutes: 5", "timeout-minutes: 25", "git add --all && make setup check"):
        assert text in message, message
    assert "Traceback" not in result.stderr


def test_a_work_tree_with_changes_is_left_alone(copied: Copied) -> None:
    project = copied()
    replace(project.path / WORKFLOW, "23 */6", "53 */6")
    result = update(project, "--to", "v2")
    assert result.returncode == 1
    assert "expected a work tree without changes, found 1" in result.stderr


def test_a_project_without_cruft_is_told_how_to_link_it(copied: Copied) -> None:
    project = copied()
    (project.path / ".cruft.json").unlink()
    result = update(project)
    assert result.returncode == 1
    assert "cruft link TEMPLATE" in result.stderr


@pytest.fixture
def github(copied: Copied) -> Iterator[tuple[BakedProject, StandIn]]:
    """A project of the first version on the main branch of the stand-in for GitHub."""
    project, port = copied(), reserved_port()
    replace(project.path / "environments.laptop.yaml", ":4566/_github", f":{port}/_github")
    for name in ("ci", "deliver", "release"):  # a push starts none of them
        (project.path / ".github" / "workflows" / f"{name}.yml").unlink()
    commit(project.path, "Make it ours")
    project.mlops("local", "up", LOCALCLOUD_PORT=str(port))
    try:
        stand_in = StandIn(f"http://127.0.0.1:{port}/_github", project.path / ".localcloud" / "main")
        stand_in.runs()  # a first call makes the repository
        git(project.path, "push", "--quiet", str(stand_in.directory / "github.git"), "main")
        yield project, stand_in
    finally:
        project.mlops("local", "down")


def connect(project: BakedProject, github: StandIn, key_file: Path, **more: str) -> None:
    """Set the repository up with an App that has the usual permissions and some more."""
    app = github.steer("app", name=f"Delivery {len(more)}", permissions={**PERMISSIONS, **more})
    key_file.write_text(app["pem"], encoding="utf-8")
    words = ("github", "setup", "--apply", "--app-id", app["client_id"], "--key-file", str(key_file))
    settings = {"GITHUB_TOKEN": PERSON, "ENVIRONMENTS_FILE": str(project.path / "environments.laptop.yaml")}
    project.mlops(*words, **settings)
    github.steer("settings", **{PRIVATE_KEY: app["pem"]})  # the stand-in keeps secrets sealed


def test_the_workflow_opens_one_pull_request(github: tuple[BakedProject, StandIn], tmp_path: Path) -> None:
    project, stand_in = github

    def dispatched() -> int:
        before = stand_in.newest("update-template")
        stand_in.call("POST", "/actions/workflows/update-template.yml/dispatches", {"ref": "main", "inputs": V2})
        return before

    connect(project, stand_in, tmp_path / "key.pem")
    refused = stand_in.wait("update-template", dispatched(), 300)
    assert refused["conclusion"] == "failure"
    assert "The permissions requested are not granted to this installation" in stand_in.log(refused["id"])
    connect(project, stand_in, tmp_path / "key.pem", workflows="write")
    for _ in range(2):
        stand_in.succeed("update-template", dispatched())
        (pull,) = stand_in.pulls()
    assert pull["title"].startswith("Update the template to ")
    bare = stand_in.directory / "github.git"
    assert "timeout-minutes: 25" in git(bare, "show", f"update-template:{WORKFLOW}")
    assert len(git(bare, "log", "--format=%s", "main..update-template").splitlines()) == 1
