"""Run the beliefs: against a localcloud with three accounts and IAM on, or against real accounts (see verify.py)."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from localcloud.instance import Instance, free_port

from tests.conformance.beliefs import Belief, belief_of
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import RECORDED, Observe
from tests.conformance.target import Target, localcloud_target, profile_target

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
REGION = "eu-west-1"
# What `python -m tests.conformance.verify` hands to the tests that it runs.
PROFILES, ENDPOINT, DIRECTORY = "CONFORMANCE_PROFILES", "CONFORMANCE_ENDPOINT", "CONFORMANCE_RECORDED"
BELIEFS: dict[str, Belief] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read every belief; a test that states one wrongly stops the run."""
    for item in items:
        if isinstance(item, pytest.Function) and (found := belief_of(item)) is not None:
            BELIEFS[item.nodeid] = found


@pytest.fixture(scope="session")
def recording() -> bool:
    """True while the answers of a real account are recorded."""
    return PROFILES in os.environ


@pytest.fixture(scope="session")
def aws(recording: bool, localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The AWS that is asked."""
    if recording:
        target = profile_target(json.loads(os.environ[PROFILES]), REGION, os.environ.get(ENDPOINT))
        yield from _until_undone(target)
        return
    instance = Instance(tmp_path_factory.mktemp("conformance") / "cloud")
    running, _ = instance.start(free_port(), iam=True)
    try:
        yield from _until_undone(localcloud_target(running.url, ACCOUNTS, REGION))
    finally:
        instance.stop(running)


def _until_undone(target: Target) -> Iterator[Target]:
    yield target
    left = target.undo_all()
    assert not left, "these could not be removed; remove them by hand:\n" + "\n".join(left)


@pytest.fixture(scope="session")
def given(aws: Target) -> Fixtures:
    """Resources that many beliefs need."""
    return Fixtures(aws)


@pytest.fixture
def observe(request: pytest.FixtureRequest, aws: Target, recording: bool) -> Iterator[Observe]:
    """The judge of a belief's answers."""
    directory = Path(os.environ.get(DIRECTORY, RECORDED))
    judge = Observe(BELIEFS[request.node.nodeid], aws.replaced(), recording, directory)
    yield judge
    if recording:
        judge.save()
