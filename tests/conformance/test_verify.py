"""`make verify-aws`, tried against a localcloud with three accounts: asks, records, removes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from localcloud.instance import Instance

from tests.conformance.conftest import ACCOUNTS, BELIEFS
from tests.conformance.observations import recorded_file
from tests.conftest import TEMPLATE
from tests.ports import reserved_port


@pytest.fixture(scope="module")
def url(localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    instance = Instance(tmp_path_factory.mktemp("verify") / "cloud")
    running, _ = instance.start(reserved_port(), iam=True)
    yield running.url
    instance.stop(running)


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with three profiles; the account of each is its key."""
    path = tmp_path_factory.mktemp("aws") / "config"
    path.write_text(
        "".join(
            f"[profile mlops-conformance-{name}]\naws_access_key_id = {account}\naws_secret_access_key = localcloud\n"
            for name, account in ACCOUNTS.items()
        )
    )
    return path


def verify(url: str, profiles: Path, *words: str, answer: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.conformance.verify", "--endpoint", url, *words],
        input=answer,
        capture_output=True,
        text=True,
        cwd=TEMPLATE,
        env={**os.environ, "AWS_CONFIG_FILE": str(profiles)},
        check=False,
    )


def test_it_shows_what_it_creates_and_asks(url: str, profiles: Path, tmp_path: Path) -> None:
    result = verify(url, profiles, "--directory", str(tmp_path), answer="n\n")
    assert result.returncode == 1
    assert "dev: account 111111111111" in result.stdout
    assert "Cost: about" in result.stdout
    assert "nothing was created" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_records_every_belief_and_removes_everything(url: str, profiles: Path, tmp_path: Path) -> None:
    result = verify(url, profiles, "--directory", str(tmp_path), "--yes")
    assert result.returncode == 0, result.stdout + result.stderr
    recorded = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.json")}
    wanted = {
        recorded_file(found, tmp_path).relative_to(tmp_path) for found in BELIEFS.values() if not found.is_about_github
    }
    assert recorded == wanted
    for path in tmp_path.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert json.loads(text)["answers"]
        assert not [account for account in ACCOUNTS.values() if account in text], path.name


def test_without_credentials_it_says_what_is_missing(url: str, tmp_path: Path) -> None:
    result = verify(url, tmp_path / "none")
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)
    assert "expected credentials of three accounts" in result.stderr
