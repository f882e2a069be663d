"""Run the beliefs: against a localcloud with three accounts and IAM on, or against AWS and GitHub (see verify.py)."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from localcloud.instance import Instance

from tests.conformance.beliefs import Belief, belief_of
from tests.conformance.fixtures import Fixtures
from tests.conformance.github_fixtures import GitHubFixtures
from tests.conformance.github_target import GitHubTarget
from tests.conformance.observations import RECORDED, Observe
from tests.conformance.target import Target, localcloud_target, profile_target
from tests.ports import reserved_port

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
REGION = "eu-west-1"
# What `python -m tests.conformance.verify` hands to the tests that it runs.
PROFILES, ENDPOINT, DIRECTORY = "CONFORMANCE_PROFILES", "CONFORMANCE_ENDPOINT", "CONFORMANCE_RECORDED"
# What `python -m tests.conformance.verify_github` hands to them.
GITHUB, TOKEN = "CONFORMANCE_GITHUB", "CONFORMANCE_GITHUB_TOKEN"
STAND_IN_REPOSITORY = "example-org/conformance"
BELIEFS: dict[str, Belief] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read every belief; a test that states one wrongly stops the run."""
    for item in items:
        if isinstance(item, pytest.Function) and (found := belief_of(item)) is not None:
            BELIEFS[item.nodeid] = found


@pytest.fixture(scope="session")
def localcloud(localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instance, str]]:
    """The localcloud that is asked instead of AWS and GitHub, and its address."""
    instance = Instance(tmp_path_factory.mktemp("conformance") / "cloud")
    running, _ = instance.start(reserved_port(), iam=True)
    yield instance, running.url
    instance.stop(running)


@pytest.fixture(scope="session")
def aws(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The AWS that is asked."""
    if PROFILES in os.environ:
        target = profile_target(json.loads(os.environ[PROFILES]), REGION, os.environ.get(ENDPOINT))
    else:
        _, url = request.getfixturevalue("localcloud")
        target = localcloud_target(url, ACCOUNTS, REGION)
    yield target
    _all_is_removed(target.undo_all())


def _all_is_removed(left: list[str]) -> None:
    assert not left, "these could not be removed; remove them by hand:\n" + "\n".join(left)


@pytest.fixture(scope="session")
def given(aws: Target) -> Fixtures:
    """Resources that many beliefs need."""
    return Fixtures(aws)


@pytest.fixture(scope="session")
def github(request: pytest.FixtureRequest) -> Iterator[GitHubTarget]:
    """The GitHub that is asked."""
    if GITHUB in os.environ:
        target = GitHubTarget(**json.loads(os.environ[GITHUB]), token=os.environ[TOKEN])
    else:
        instance, url = request.getfixturevalue("localcloud")
        push_first_commit(instance.directory)
        target = GitHubTarget(f"{url}/_github", STAND_IN_REPOSITORY, "token-of-a-person")
    yield target
    _all_is_removed(target.undo_all())


@pytest.fixture(scope="session")
def github_given(github: GitHubTarget) -> GitHubFixtures:
    """Things of the repository that several beliefs need."""
    return GitHubFixtures(github)


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Iterator[Observe]:
    """The judge of a belief's answers."""
    belief = BELIEFS[request.node.nodeid]
    target: Target | GitHubTarget = request.getfixturevalue("github" if belief.is_about_github else "aws")
    recording = (GITHUB if belief.is_about_github else PROFILES) in os.environ
    judge = Observe(belief, target.replaced(), recording, Path(os.environ.get(DIRECTORY, RECORDED)))
    yield judge
    if recording:
        judge.save()


def push_first_commit(state: Path) -> None:
    """Give the stand-in's repository a main branch, as GitHub does for a repository that it initializes."""
    bare = ["git", "-C", str(state / "github.git")]
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    tree = subprocess.run([*bare, "mktree"], input="", capture_output=True, text=True, check=True).stdout.strip()
    made = [*bare, *author, "commit-tree", tree, "-m", "Begin"]
    commit = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run([*bare, "update-ref", "refs/heads/main", commit], check=True)
