"""README and guides, word for word: their commands in their order, against the local cloud.

FIRST-CONTACT.md and github.md have tests of their own.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop, in_one_account, promise_less
from tests.laptop.pages import blocks, follow, without_cloud
from tests.laptop.shell import Shell, variables_without_credentials
from tests.localcloud.waiting import wait_until

# The rest of the time of a sample of traffic shows nothing new.
SUBSTITUTES = {"--seconds 30": "--seconds 5"}
MONITORS_SECONDS = 240


@pytest.fixture(scope="module")
def laptop(installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A project that was just generated; its cloud is what the pages start and stop."""
    project = installed.copy(tmp_path_factory.mktemp("guides") / "purchase-intent")
    promise_less(project)
    yield in_one_account(project)
    project.mlops("local", "down")


@pytest.fixture(scope="module")
def shell(laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    directory = tmp_path_factory.mktemp("shell")
    variables = without_cloud(variables_without_credentials(laptop, directory))
    return Shell(laptop.project, directory, variables, substitutes=dict(SUBSTITUTES))


def test_the_readme(shell: Shell) -> None:
    demo, start, _ = blocks(shell.project, "README.md")  # the last one: test_own_data.py
    assert demo == []
    printed = follow(shell, start)
    for text in ("Deliver a model to SageMaker", "All checks passed!", "localcloud is ready", "next: step "):
        assert text in printed, text


def test_the_guide_of_development(shell: Shell) -> None:
    set_up, loop, look = blocks(shell.project, "docs/develop.md")[:3]
    follow(shell, set_up)
    printed = follow(shell, loop)
    for text in ("registered: arn:", "approved: version 1", "released: purchase-intent-production serves version 1"):
        assert text in printed, text
    # boto3 needs a region, which `mlops local env` sets.
    assert "artifacts" in shell.succeed("python -c \"import boto3; print(boto3.client('s3').list_buckets())\"")
    # The monitors run at once and end one after the other.
    wait_until(lambda: "data-quality: " in shell.run("mlops monitor reports").stdout, MONITORS_SECONDS)
    printed = follow(shell, look)
    assert "data-quality: " in printed
    assert "saved: v1-serves" in printed


def test_the_other_guides(shell: Shell) -> None:
    follow(shell, ["mlops local up", 'eval "$(mlops local env)"'])
    printed = follow(shell, [line for block in blocks(shell.project, "docs/release.md") for line in block])
    assert "nothing was changed: purchase-intent-production already serves version 1" in printed
    assert "; 0 failed" in printed
    printed = follow(shell, [line for block in blocks(shell.project, "docs/monitor.md") for line in block])
    assert "sent: 2025-09.csv" in printed
    printed = follow(shell, [line for block in blocks(shell.project, "docs/runbooks.md") for line in block])
    assert '"model_version": "1"' in printed


def test_pages_without_a_test_here_have_no_blocks(shell: Shell) -> None:
    assert blocks(shell.project, "docs/troubleshooting.md") == []
    assert len(blocks(shell.project, "docs/develop.md")) == 3
