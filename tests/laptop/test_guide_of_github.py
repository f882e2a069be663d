"""docs/github.md, word for word: the whole loop on the laptop, in one account, with a person's token."""

from collections.abc import Iterator

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop, in_one_account, promise_less, quiet
from tests.laptop.github_stand_in import StandIn
from tests.laptop.gitops import DELIVERED_SECONDS, SOON, own_settings
from tests.laptop.pages import blocks, follow, without_cloud
from tests.laptop.shell import Shell, variables_without_credentials
from tests.localcloud.waiting import wait_until

PAGE = "docs/github.md"
CONNECT = "mlops github setup --apply --connected"

# The checks take minutes and have a test of their own: test_gitops.py.
CHECKS = """\
name: ci
on: {workflow_call: {}, pull_request: {}}
permissions: {}
jobs:
  pass: {runs-on: ubuntu-24.04, permissions: {}, steps: [{run: "true"}]}
"""

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module")
def laptop(installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A project that was just generated; its cloud is what the page starts."""
    project = installed.copy(tmp_path_factory.mktemp("github-guide") / "purchase-intent")
    promise_less(project)
    settings = project.path / "environments.laptop.yaml"
    settings.write_text(quiet(settings.read_text(encoding="utf-8")), encoding="utf-8")
    (project.path / ".github" / "workflows" / "ci.yml").write_text(CHECKS, encoding="utf-8")
    laptop = in_one_account(project)
    own_settings(laptop)
    yield laptop
    project.mlops("local", "down")


def test_the_whole_loop(laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("shell")
    shell = Shell(laptop.project, directory, without_cloud(variables_without_credentials(laptop, directory)))
    github = StandIn(f"http://127.0.0.1:{laptop.port}/_github", laptop.project.path / ".localcloud" / "main")
    first, approve, merge = blocks(laptop.project, PAGE)
    connect = next(number for number, line in enumerate(first) if line.startswith(CONNECT))
    follow(shell, first[:connect])
    github.succeed("deliver", 0)
    before = github.newest("deliver")
    follow(shell, first[connect:])
    github.succeed("deliver", before, DELIVERED_SECONDS)
    wait_until(lambda: "PendingManualApproval" in shell.run("mlops versions").stdout, SOON)
    assert "approved: version 1" in follow(shell, approve)
    github.succeed("promote", 0, SOON)
    assert "Let production serve version 1" in shell.succeed("mlops local github")
    before = github.newest("release")
    follow(shell, merge)
    github.succeed("release", before, SOON)
    assert "they agree" in shell.succeed("mlops status")
