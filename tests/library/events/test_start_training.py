from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, cast

import pytest
from sagemaker_mlops.events.start_training.cause import Cause, InvalidCause, parse_cause
from sagemaker_mlops.events.start_training.decision import Policy
from sagemaker_mlops.events.start_training.ledger import LOCK_KEY, LOCK_LIFETIME, Entry, Ledger
from sagemaker_mlops.events.start_training.starter import Starter
from sagemaker_mlops.events.start_training.training import Training

from tests.library.events.fakes import DATA, NOW, FakeTable, FakeTraining

POLICY = Policy(timedelta(hours=24), 400)
DRIFT = Cause("drift", "alarm@1")


class Harness:
    """A starter on a dictionary and a pipeline that runs nothing."""

    def __init__(self, image_uri: str = "image@sha256:1") -> None:
        self.table, self.training = FakeTable(), FakeTraining()
        ledger = Ledger(self.table)
        self.ledger = ledger
        training = cast(Training, self.training)
        ticks = count()
        self.starter = Starter(
            ledger,
            training,
            POLICY,
            image_uri,
            lambda: NOW + timedelta(milliseconds=next(ticks)),
            lambda _seconds: None,
        )

    def handle(self, cause: Cause) -> Entry:
        return self.starter.handle(cause)


@pytest.fixture
def harness() -> Harness:
    return Harness()


def test_the_first_cause_starts(harness: Harness) -> None:
    assert harness.handle(DRIFT).status == "started"
    assert harness.training.started == [DRIFT]


def test_the_same_cause_again_starts_nothing(harness: Harness) -> None:
    first = harness.handle(DRIFT)
    harness.training.end(timedelta(days=3))
    assert [harness.handle(DRIFT) for _ in range(5)] == [first] * 5
    assert len(harness.training.started) == 1


def test_a_hundred_alarms_start_one_training(harness: Harness) -> None:
    entries = [harness.handle(Cause("drift", f"alarm@{number}")) for number in range(100)]
    assert len(harness.training.started) == 1
    assert [entry.status for entry in entries].count("waiting") == 99


def test_what_waited_is_merged_into_the_next_training(harness: Harness) -> None:
    harness.training.running = "arn:execution/0"
    harness.handle(DRIFT)
    harness.handle(Cause("new-data", "v2"))
    harness.training.end(timedelta(hours=25))
    harness.handle(Cause("schedule", "2026-12-01T03:00:00Z"))
    statuses = {item["status"] for key, item in harness.table.items.items() if key.startswith("cause#")}
    assert statuses == {"started", "merged"}


def test_a_commit_that_changes_nothing_that_trains_starts_nothing(harness: Harness) -> None:
    assert harness.handle(Cause("commit", "abc")).status == "started"
    harness.training.end(timedelta(minutes=5))
    entry = harness.handle(Cause("commit", "def"))
    assert entry.status == "suppressed"
    assert "the last training used the same image" in entry.reason
    assert harness.handle(Cause("commit", "ghi", image_uri="image@sha256:2")).status == "started"
    harness.training.end(timedelta(minutes=5))
    assert harness.handle(Cause("commit", "jkl")).status == "started", "back to the image before: that trains"
    harness.training.failed.add(harness.training.running or "")
    harness.training.end(timedelta(minutes=5))
    assert harness.handle(Cause("commit", "mno")).status == "started", "its training failed"


def test_lineage_names_the_commit_whose_image_is_deployed(harness: Harness) -> None:
    harness.training.running = "arn:execution/0"
    harness.handle(Cause("commit", "first", git_sha="first"))
    harness.handle(Cause("commit", "second", git_sha="second"))
    harness.handle(Cause("commit", "first", git_sha="first"))  # the event comes again
    harness.training.end(timedelta(hours=25))
    harness.handle(DRIFT)
    harness.training.end(timedelta(hours=25))
    harness.handle(Cause("manual", "mine", image_uri="image@sha256:9", git_sha="mine"))
    assert [cause.git_sha for cause in harness.training.started] == ["second", "mine"]


def test_a_persons_own_training_is_not_the_commits(harness: Harness) -> None:
    harness.handle(Cause("manual", "mine", window=("2025-02", "2025-03")))
    harness.training.end(timedelta(minutes=5))
    assert harness.handle(Cause("commit", "abc")).status == "started"


def test_a_cause_with_a_window_of_its_own_is_not_merged(harness: Harness) -> None:
    harness.training.running = "arn:execution/0"
    harness.handle(Cause("manual", "1", ("2025-02", "2025-03")))
    harness.training.end(timedelta(hours=25))
    harness.handle(DRIFT)
    assert [entry.cause.cause_id for entry in harness.ledger.waiting()] == ["1"]


def test_a_training_on_a_window_of_its_own_merges_nothing(harness: Harness) -> None:
    harness.training.end(timedelta(hours=1))
    harness.handle(Cause("new-data", "october"))
    harness.handle(Cause("manual", "1", ("2025-02", "2025-07")))
    assert [entry.cause.cause_id for entry in harness.ledger.waiting()] == ["october"]


def test_what_comes_after_a_training_began_is_not_merged_into_it(harness: Harness) -> None:
    harness.training.running = "arn:execution/0"
    late = Cause("new-data", "late")
    harness.handle(late)
    harness.table.items[f"cause#{late.key}"]["received"] = (NOW + timedelta(hours=1)).isoformat()
    harness.training.end(timedelta(hours=25))
    harness.handle(DRIFT)
    assert [entry.cause for entry in harness.ledger.waiting()] == [late]


def test_a_cause_that_was_settled_while_it_waited_for_its_turn_stays_so(harness: Harness) -> None:
    """Two copies of one event at once: the second reads the ledger before the first is done."""
    first = harness.handle(DRIFT)
    stale = replace(first, status="received")
    harness.ledger.receive = lambda *_: stale  # type: ignore[method-assign]  # a fault
    assert harness.handle(DRIFT) == first
    assert harness.ledger.read(DRIFT).status == "started"


def test_a_start_whose_answer_was_lost_is_found_again(harness: Harness) -> None:
    harness.training.dies_after_start = True
    with pytest.raises(RuntimeError):
        harness.handle(DRIFT)
    harness.training.dies_after_start = False
    entry = harness.handle(DRIFT)
    assert (entry.status, entry.execution_arn) == ("started", "arn:execution/1")
    assert len(harness.training.started) == 1


def test_the_cooldown_holds_back_machines_not_people(harness: Harness) -> None:
    harness.training.end(timedelta(hours=23, minutes=59))
    assert harness.handle(DRIFT).status == "waiting"
    assert "cooldown" in harness.handle(DRIFT).reason
    assert harness.handle(Cause("manual", "1")).status == "started"


def test_after_the_cooldown_a_waiting_cause_starts(harness: Harness) -> None:
    harness.training.end(timedelta(hours=23))
    harness.handle(DRIFT)
    harness.training.end(timedelta(hours=24))
    assert harness.handle(DRIFT).status == "started"


@pytest.mark.parametrize(
    ("kind", "status"), [("schedule", "suppressed"), ("drift", "waiting"), ("new-data", "waiting")]
)
def test_too_few_new_rows(harness: Harness, kind: str, status: str) -> None:
    harness.training.rows = 399
    entry = harness.handle(Cause(kind, "1"))
    assert entry.status == status
    assert "399 rows are new" in entry.reason


def test_new_data_that_the_last_training_had_are_done(harness: Harness) -> None:
    harness.training.rows = 0
    assert harness.handle(Cause("new-data", "1")).status == "suppressed"
    assert harness.handle(DRIFT).status == "waiting"


def test_new_data_wait_until_the_other_months_are_there(harness: Harness) -> None:
    """Uploading months makes an event for each of them."""
    for age, status in ((timedelta(minutes=9), "waiting"), (timedelta(minutes=11), "started")):
        harness.training.objects = [replace(entry, uploaded=NOW - age) for entry in DATA]
        assert harness.handle(Cause("new-data", "v1")).status == status


def test_a_drift_does_not_wait_for_data_that_may_come(harness: Harness) -> None:
    harness.training.objects = [replace(entry, uploaded=NOW) for entry in DATA]
    assert harness.handle(DRIFT).status == "started"


def test_unknown_numbers_of_rows_do_not_hold_back(harness: Harness) -> None:
    harness.training.rows = None
    assert harness.handle(DRIFT).status == "started"


def test_without_an_image_or_data_causes_wait() -> None:
    assert "no image" in Harness(image_uri="").handle(DRIFT).reason
    empty = Harness()
    empty.training.objects = []
    assert empty.handle(DRIFT).status == "waiting"
    asked = empty.handle(Cause("manual", "1", ("2019-01", "2019-12")))
    assert (asked.status, asked.reason.split(";")[0]) == ("suppressed", "there are no data between 2019-01 and 2019-12")


def test_a_start_that_fails_leaves_the_cause_to_reconcile(harness: Harness) -> None:
    harness.training.broken = True
    with pytest.raises(RuntimeError):
        harness.handle(DRIFT)
    assert harness.ledger.read(DRIFT).status == "starting"
    harness.training.broken = False
    assert harness.handle(DRIFT).status == "started"


def test_a_drift_whose_training_failed_is_tried_again_after_the_cooldown(harness: Harness) -> None:
    first = harness.handle(DRIFT)
    harness.training.failed.add(first.execution_arn)
    harness.training.end(timedelta(hours=1))
    assert harness.handle(DRIFT).status == "waiting"
    harness.training.end(timedelta(hours=25))
    second = harness.handle(DRIFT)
    assert (second.status, second.execution_arn) == ("started", "arn:execution/2")
    assert harness.handle(DRIFT) == second


def test_a_merged_drift_whose_training_failed_is_tried_again(harness: Harness) -> None:
    harness.training.end(timedelta(hours=1))
    harness.handle(DRIFT)
    execution = harness.handle(Cause("manual", "1")).execution_arn
    assert harness.ledger.read(DRIFT).status == "merged"
    harness.training.failed.add(execution)
    harness.training.end(timedelta(hours=25))
    assert harness.handle(DRIFT).status == "started"


def test_a_start_that_was_refused_does_not_jump_the_queue_later(harness: Harness) -> None:
    harness.training.broken = True
    with pytest.raises(RuntimeError):
        harness.handle(DRIFT)
    harness.training.broken = False
    assert harness.handle(Cause("manual", "1")).status == "started"
    entry = harness.handle(DRIFT)
    assert entry.status == "waiting"
    assert "a training is running" in entry.reason


def test_who_has_to_wait_anyhow_does_not_stand_in_line(harness: Harness) -> None:
    harness.training.end(timedelta(hours=1))
    harness.ledger.acquire_lock = lambda *_: pytest.fail("acquired the lock")  # type: ignore[method-assign]  # a fault
    assert "cooldown" in harness.handle(DRIFT).reason


def test_while_another_cause_is_handled_nothing_starts(harness: Harness) -> None:
    harness.table.items[LOCK_KEY] = {"id": LOCK_KEY, "holder": "other", "until": NOW.timestamp() + 100}
    assert harness.handle(DRIFT).status == "waiting"
    assert LOCK_KEY in harness.table.items


def test_who_died_with_the_flight_does_not_block_it_for_ever(harness: Harness) -> None:
    harness.table.items[LOCK_KEY] = {"id": LOCK_KEY, "holder": "dead", "until": (NOW - LOCK_LIFETIME).timestamp()}
    assert harness.handle(DRIFT).status == "started"
    assert LOCK_KEY not in harness.table.items


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "expected a cause"),
        ({"cause": "whim", "cause_id": "1"}, "found 'whim'"),
        ({"cause": "drift"}, "expected a cause_id"),
        ({"cause": "drift", "cause_id": 'a"b'}, "expected a cause_id"),
        ({"cause": "manual", "cause_id": "1", "window": "2025-07:2025-02"}, "expected a window"),
        ({"cause": "manual", "cause_id": "1", "git_sha": "x y"}, "expected a git_sha"),
    ],
)
def test_an_event_that_is_no_cause_is_told(event: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidCause, match=message):
        parse_cause(event)


@pytest.mark.parametrize("cause", [DRIFT, Cause("manual", "1", ("2025-02", "2025-07"), "image:1", "abc")])
def test_a_cause_survives_the_ledger(cause: Cause) -> None:
    assert parse_cause(cause.as_event()) == cause
