"""`mlops github ids`, `github-setup` and notify's tokens against the stand-in, with an App; no AWS is needed for it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Bake, BakedProject
from tests.laptop.github_stand_in import PERSON, StandIn
from tests.ports import reserved_port

PERMISSIONS = dict.fromkeys(("actions", "contents", "deployments", "issues", "pull_requests"), "write")
FILE = "environments.laptop.yaml"
# What notify does with what is in its secret, in the project's own Python.
START = """\
import json, sys
from sagemaker_mlops.events.notify.dispatch import Dispatch
from sagemaker_mlops.events.notify.github import GitHub
from sagemaker_mlops.events.notify.installation_token import InstallationTokens
from sagemaker_mlops.events.notify.rest import Rest
from sagemaker_mlops.events.notify.secret import parse_secret
url, secret = sys.argv[1:]
rest = Rest(url, "example-org", "purchase-intent")
token = InstallationTokens(rest).token(parse_secret(secret, "secret"))
GitHub(rest).start(Dispatch("asked.yml", {}), token)
"""
ASKED = """\
name: asked
on: {workflow_dispatch: {}}
permissions: {}
jobs:
  a: {runs-on: ubuntu-24.04, steps: [{run: pwd}]}
"""


@pytest.fixture(scope="module")
def project(bake: Bake) -> BakedProject:
    found = bake()
    found.make("setup")
    return found


@pytest.fixture(scope="module")
def github(project: BakedProject) -> Iterator[StandIn]:
    port, file = reserved_port(), project.path / FILE
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(":4566/_github", f":{port}/_github"), encoding="utf-8")
    project.mlops("local", "up", LOCALCLOUD_PORT=str(port))
    stand_in = StandIn(f"http://127.0.0.1:{port}/_github", project.path / ".localcloud" / "main")
    stand_in.runs()  # from now on it knows its name
    yield stand_in
    project.mlops("local", "down")


@pytest.fixture(scope="module")
def app(github: StandIn, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """An App as GitHub makes it, and its key in a file."""
    found: dict[str, Any] = github.steer("app", name="Shop Delivery", permissions=PERMISSIONS)
    key_file = tmp_path_factory.mktemp("key") / "key.pem"
    key_file.write_text(found["pem"], encoding="utf-8")
    return {**found, "file": str(key_file)}


def run(project: BakedProject, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"GITHUB_TOKEN": PERSON, "ENVIRONMENTS_FILE": str(project.path / FILE), **environment}
    return project.run(".venv/bin/mlops", *words, **given)


def outcome(printed: str, name: str) -> str:
    return next(line[:14].strip() for line in printed.splitlines() if name in line)


def push(project: BakedProject, github: StandIn) -> None:
    folder = project.path
    (folder / ".github" / "workflows" / "asked.yml").write_text(ASKED, encoding="utf-8")
    for name in ("ci", "deliver", "release"):
        (folder / ".github" / "workflows" / f"{name}.yml").unlink()  # nothing is to be run here
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com")
    for words in (
        ("init", "--quiet", "--initial-branch", "main"),
        ("add", ".github"),
        ("commit", "--quiet", "--message", "Begin"),
        ("push", "--quiet", str(github.directory / "github.git"), "main"),
    ):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)


def test_before_the_first_push_the_step_is_named_and_nothing_is_connected(
    project: BakedProject, github: StandIn, app: dict[str, Any]
) -> None:
    words = ("github", "setup", "--apply", "--connected", "--app-id", app["client_id"], "--key-file", app["file"])
    early = run(project, *words)
    assert early.returncode == 1, early.stdout + early.stderr
    assert "Do step 8 of FIRST-CONTACT.md first: git push origin main" in early.stdout
    assert outcome(early.stdout, "variable AWS_CONNECTED") == "held back"
    assert outcome(early.stdout, "secret DELIVERY_APP_PRIVATE_KEY in environment delivery") == "held back"
    with pytest.raises(AssertionError, match="404"):
        github.call("GET", "/actions/variables/AWS_CONNECTED")


def test_the_ids_are_in_the_file_and_an_old_repository_is_switched(project: BakedProject, github: StandIn) -> None:
    github.steer("settings", **{"oidc-subject": {"use_default": True, "use_immutable_subject": False}})
    run(project, "github", "ids", "--apply")
    text = (project.path / FILE).read_text(encoding="utf-8")
    assert re.search(r"\n  owner_id: 1000001\n  repository_id: 2000002\n", text)
    assert "# localcloud's stand-in" in text, "comments are kept"
    run(project, "github", "setup", "--apply")
    subject = github.call("GET", "/actions/oidc/customization/sub")
    assert subject["sub_claim_prefix"] == "repo:example-org@1000001/purchase-intent@2000002"


def test_after_it_everything_is_there_and_stays(project: BakedProject, github: StandIn, app: dict[str, Any]) -> None:
    push(project, github)
    github.call("PUT", "/environments/production", {})
    github.call("POST", "/environments/production/deployment-branch-policies", {"name": "*"})
    words = ("github", "setup", "--apply", "--connected", "--app-id", app["client_id"], "--key-file", app["file"])
    first, again = run(project, *words), run(project, *words)
    assert first.returncode == again.returncode == 0, first.stdout + first.stderr
    found = github.call("GET", "/environments/production/deployment-branch-policies")["branch_policies"]
    assert [policy["name"] for policy in found] == ["main"]
    assert github.call("GET", "/actions/variables/AWS_CONNECTED")["value"] == "true"
    assert {line[:14].strip() for line in again.stdout.splitlines() if "secret" not in line} == {"there"}
    assert 'delivery_login: "shop-delivery[bot]"' in (project.path / FILE).read_text(encoding="utf-8")


def test_notify_makes_its_own_token_and_starts_a_workflow(
    project: BakedProject, github: StandIn, app: dict[str, Any]
) -> None:
    """Signed with one library, checked with another."""
    secret = json.dumps({"app_id": app["client_id"], "private_key": app["pem"]})
    before = github.newest("asked")
    result = project.run(".venv/bin/python", "-c", START, github.url, secret)
    assert result.returncode == 0, result.stderr
    assert github.newest("asked") > before
    wrong = json.dumps({"app_id": "Iv23other", "private_key": app["pem"]})
    refused = project.run(".venv/bin/python", "-c", START, github.url, wrong)
    assert "GitHub answered 401" in refused.stderr
    assert "PRIVATE KEY" not in refused.stderr.replace("BEGIN RSA PRIVATE KEY (", "")


def test_a_key_of_another_app_is_told(
    project: BakedProject, github: StandIn, app: dict[str, Any], tmp_path: Path
) -> None:
    other = github.steer("app", name="Other", permissions={})
    (tmp_path / "key.pem").write_text(other["pem"], encoding="utf-8")
    refused = run(project, "github", "setup", "--app-id", app["client_id"], "--key-file", str(tmp_path / "key.pem"))
    assert refused.returncode == 1
    assert "Compare id and key with the App's page" in refused.stderr
    assert "Traceback" not in refused.stderr
