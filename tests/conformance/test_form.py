"""The form of beliefs: sources, recorded answers, account numbers, and the page that is made of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance import verified
from tests.conformance.beliefs import Belief, belief, without_account
from tests.conformance.conftest import BELIEFS
from tests.conformance.observations import RECORDED, Matching, Observe, recorded_answers, recorded_file

SOURCE = "https://docs.aws.amazon.com/"
ONE = Belief("module/one", "A call is refused.", SOURCE, "nothing", 0.0)
ACCOUNTS = {"dev": "111111111111"}


def observe(directory: Path, recording: bool = False) -> Observe:
    return Observe(ONE, ACCOUNTS, recording, directory)


def test_a_belief_needs_a_source() -> None:
    with pytest.raises(ValueError, match="expected an address"):
        belief("somebody said so")


def test_what_is_documented_is_held(tmp_path: Path) -> None:
    observe(tmp_path)("code", "ValidationException", documented="ValidationException")
    observe(tmp_path)("message", "Could not find model X", documented=Matching("^Could not find"))
    with pytest.raises(AssertionError, match="code: documented 'A', found 'B'"):
        observe(tmp_path)("code", "B", documented="A")


def test_a_recorded_answer_takes_the_place_of_the_documented_one(tmp_path: Path) -> None:
    recording = observe(tmp_path, recording=True)
    recording("code", "B", documented="A")
    recording.save()
    observe(tmp_path)("code", "B", documented="A")
    with pytest.raises(AssertionError, match="code: recorded 'B', found 'A'"):
        observe(tmp_path)("code", "A", documented="A")
    content = json.loads(recorded_file(ONE, tmp_path).read_text())
    assert content["differences"] == ["code: documented 'A', answered 'B'"]


def test_account_numbers_are_not_recorded(tmp_path: Path) -> None:
    recording = observe(tmp_path, recording=True)
    recording("arn", ["arn:aws:iam::111111111111:role/a", {"other": "arn:aws:iam::999999999999:role/b"}], documented="")
    recording.save()
    assert recorded_answers(ONE, tmp_path) == {
        "arn": ["arn:aws:iam::<dev>:role/a", {"other": "arn:aws:iam::000000000000:role/b"}]
    }
    assert "1" * 12 not in recorded_file(ONE, tmp_path).read_text()
    assert without_account(7, ACCOUNTS) == 7


def test_the_page_says_how_well_each_belief_is_founded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(verified, "recorded_file", lambda found: recorded_file(found, tmp_path))
    recording = observe(tmp_path, recording=True)
    recording("code", "B", documented="A")
    recording.save()
    others = [
        Belief("module/two", "Another call is refused.", SOURCE, "nothing", 0.0),
        Belief("module/three", "A third call is refused.", "assumed", "nothing", 0.0),
    ]
    page = verified.page([ONE, *others])
    assert "3 beliefs: 1 documented, 1 recorded, 1 assumed." in page
    assert "| A third call is refused. | assumed | assumed |" in page
    assert "code: documented 'A', answered 'B'" in page


def test_every_recorded_file_belongs_to_a_belief() -> None:
    known = {recorded_file(found) for found in BELIEFS.values()}
    modules = {path.parent.name for path in RECORDED.rglob("*.json")}
    assert modules <= {found.module for found in BELIEFS.values()}, "run all of tests/conformance"
    assert set(RECORDED.rglob("*.json")) <= known


def test_the_page_is_current() -> None:
    command = [sys.executable, "-m", "tests.conformance.verified", "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=verified.PAGE.parents[1])
    assert result.returncode == 0, result.stdout + result.stderr
