"""FIRST-CONTACT.md, word for word: its commands in its order, against the local cloud and the stand-in for GitHub.

After each step `mlops doctor` names the following one. What the page cannot do here is
in NOT_HERE and SUBSTITUTES; every other line of its code blocks is run as it is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import THREE_ACCOUNTS, Laptop, in_three_accounts, promise_less, quiet, three_accounts
from tests.laptop.github_stand_in import PERSON, StandIn
from tests.laptop.gitops import PERMISSIONS, own_settings
from tests.laptop.shell import Shell, variables_without_credentials

PAGE = "FIRST-CONTACT.md"
STEPS = 13
# They ask in a browser; the profiles are written by the test.
NOT_HERE = ("aws configure sso --profile purchase-intent-", "aws sso login --profile purchase-intent-")
ARN = f"arn:aws:sagemaker:eu-west-1:{THREE_ACCOUNTS['dev']}:model-package/purchase-intent-dev/1"
PROFILE = "[profile purchase-intent-{environment}]\naws_access_key_id = {account}\naws_secret_access_key = localcloud\n"
# The workflows have tests of their own, which take minutes: test_gitops.py.
WORKFLOWS = ("ci", "deliver", "promote", "release")
# In the place of the workflow that step 12 starts.
DELIVER = """\
name: deliver
on: {workflow_dispatch: {}}
permissions: {}
jobs:
  deliver: {runs-on: ubuntu-24.04, steps: [{run: "true"}]}
"""


@dataclass
class Page(Shell):
    """A shell in which somebody follows the page, with the cloud and the stand-in for GitHub."""

    laptop: Laptop
    github: StandIn

    def next_step(self) -> str:
        """Return the last line of `mlops doctor`."""
        return self.run("mlops doctor").stdout.strip().splitlines()[-1]


def commands(page: str) -> dict[int, list[str]]:
    """Return the lines of the code blocks of each step."""
    found: dict[int, list[str]] = {}
    for section in re.split(r"^## Step ", page, flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        found[int(section.partition(".")[0])] = [line for block in blocks for line in block.splitlines()]
    return found


@pytest.fixture(scope="module")
def shell(installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A project that was just generated, with a cloud in which nothing was made yet."""
    directory = tmp_path_factory.mktemp("first-contact")
    project = installed.copy(directory / "purchase-intent")
    promise_less(project)
    settings = project.path / "environments.laptop.yaml"
    settings.write_text(quiet(settings.read_text(encoding="utf-8")), encoding="utf-8")
    for name in WORKFLOWS:
        (project.path / ".github" / "workflows" / f"{name}.yml").unlink()
    (project.path / ".github" / "workflows" / "deliver.yml").write_text(DELIVER, encoding="utf-8")
    three_accounts(project)
    laptop = in_three_accounts(project)
    own_settings(laptop)
    project.mlops("local", "up", "--iam", LOCALCLOUD_PORT=str(laptop.port))
    github = StandIn(f"http://127.0.0.1:{laptop.port}/_github", project.path / ".localcloud" / "main")
    try:
        yield Page(laptop.project, directory, variables_without_credentials(laptop, directory), laptop, github)
    finally:
        project.mlops("local", "down")


def make_profiles(shell: Page) -> None:
    """Write what `aws configure sso` and `aws sso login` leave: three profiles that work."""
    text = "".join(PROFILE.format(environment=name, account=account) for name, account in THREE_ACCOUNTS.items())
    (shell.directory / "config").write_text(text, encoding="utf-8")


def have_token(shell: Page) -> None:
    """Stand for the GitHub CLI, which knows a person's token."""
    shell.substitutes["$(gh auth token)"] = PERSON


def make_app(shell: Page) -> None:
    """Do what the page describes click by click."""
    app: dict[str, Any] = shell.github.steer("app", name="Shop Delivery", permissions=PERMISSIONS)
    key_file = shell.directory / "key.pem"
    key_file.write_text(app["pem"], encoding="utf-8")
    shell.substitutes |= {"Iv23...": app["client_id"], "~/Downloads/key.pem": str(key_file)}


def have_remote(shell: Page) -> None:
    """Stand for GitHub's git."""
    remote = shell.succeed("mlops local remote").strip().splitlines()[-1]
    shell.substitutes["git@github.com:example-org/purchase-intent.git"] = remote


def have_arn(shell: Page) -> None:
    """Know the ARN that `mlops approve` prints, for the line that needs it."""
    shell.substitutes["arn:aws:sagemaker:..."] = ARN


# What a person does in a browser.
BY_PERSON = {1: make_profiles, 2: have_token, 4: make_app, 8: have_remote, 13: have_arn}
# Before a step: a later command, and the step that it must name.
TOO_EARLY = {
    1: {
        "mlops bootstrap": 1,
        "mlops deploy": 1,
        "mlops data put data/sample.csv": 1,
        f"mlops release {ARN}": 1,
        "mlops github ids --apply": 2,
        "mlops github setup --apply": 2,
        "mlops github notify-app": 4,
    },
    5: {
        "AWS_PROFILE=purchase-intent-dev mlops deploy": 5,
        "AWS_PROFILE=purchase-intent-dev mlops diff": 5,
        "AWS_PROFILE=purchase-intent-dev mlops github notify-app": 6,
        "AWS_PROFILE=purchase-intent-dev mlops image build": 6,
        "make sample-data && AWS_PROFILE=purchase-intent-dev mlops data put build/data/2025-02.csv": 6,
        "AWS_PROFILE=purchase-intent-dev mlops train start": 12,
        "AWS_PROFILE=purchase-intent-dev mlops approve": 6,
        "AWS_PROFILE=purchase-intent-production mlops release": 12,
        "mlops github setup --apply --connected": 8,
    },
    7: {
        "AWS_PROFILE=purchase-intent-dev mlops image build && "
        "AWS_PROFILE=purchase-intent-dev mlops train start --window 2025-02:2025-07": 7,
        "AWS_PROFILE=purchase-intent-dev mlops approve": 12,
    },
}


def test_the_page_has_commands_for_every_step(installed: BakedProject) -> None:
    found = commands(installed.read(PAGE))
    assert sorted(found) == list(range(1, STEPS + 1))
    assert all(found.values())


@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_step(shell: Page, number: int) -> None:
    if number == 1:  # later ones were asked for after the step before
        assert shell.next_step().startswith("next: step 1, ")
    for line, missing in TOO_EARLY.get(number, {}).items():
        early = shell.run(line)
        printed = early.stdout + early.stderr
        assert early.returncode, f"{line} did something: {printed}"
        assert re.search(rf"[Ss]tep {missing} of {PAGE}", printed), f"{line}\n{printed}"
        assert "Traceback" not in printed
    BY_PERSON.get(number, lambda _: None)(shell)
    for line in commands(shell.laptop.project.read(PAGE))[number]:
        if not line.startswith(NOT_HERE):
            shell.succeed(line)
    following = "next: nothing; every step is done" if number == STEPS else f"next: step {number + 1}, "
    printed = shell.run("mlops doctor").stdout
    assert printed.strip().splitlines()[-1].startswith(following), printed
    assert f"missing     step {number:>2}," not in printed
    assert "Traceback" not in printed


def test_what_was_pushed_is_the_project_with_its_ids(shell: Page) -> None:
    settings = shell.github.file("environments.laptop.yaml")
    assert "repository_id: 2000002" in settings
    assert 'delivery_login: "shop-delivery[bot]"' in settings
