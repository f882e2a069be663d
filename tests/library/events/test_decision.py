"""Decision about a cause: every outcome with its reason, and both sides of every limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sagemaker_mlops.events.start_training.cause import Cause
from sagemaker_mlops.events.start_training.decision import Decision, Policy, Situation, decide

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, DAY, PAUSE = timedelta(seconds=1), timedelta(days=1), timedelta(minutes=10)
POLICY = Policy(cooldown=DAY, minimum_new_rows=400, upload_pause=PAUSE)
READY = Situation(NOW, None, NOW - DAY, "image:2", True, 400, NOW - PAUSE, "image:1")
AFTER_COOLDOWN = "no training since the cooldown"
DRIFT, NEW_DATA, SCHEDULE, COMMIT, MANUAL = (
    Cause(kind, "1") for kind in ("drift", "new-data", "schedule", "commit", "manual")
)


@pytest.mark.parametrize(
    ("cause", "changes", "outcome", "reason"),
    [
        (DRIFT, {}, "start", f"drift, and {AFTER_COOLDOWN}"),
        (NEW_DATA, {}, "start", f"new-data, and {AFTER_COOLDOWN}"),
        (DRIFT, {"image_uri": ""}, "wait", "no image is deployed yet: mlops image build"),
        (DRIFT, {"has_data": False}, "wait", "there are no data yet; upload some"),
        (
            replace(MANUAL, window=("2025-02", "2025-03")),
            {"has_data": False},
            "suppress",
            "there are no data between 2025-02 and 2025-03; upload some",
        ),
        (COMMIT, {"last_image_uri": "image:2"}, "suppress", "the last training used the same image"),
        (COMMIT, {"last_start": NOW, "new_rows": 0}, "start", "commit starts at once"),
        (MANUAL, {"last_start": NOW, "new_rows": 0, "last_image_uri": "image:2"}, "start", "manual starts at once"),
        (MANUAL, {"running_execution_arn": "arn:1"}, "wait", "a training is running: arn:1"),
        (NEW_DATA, {"newest_data": NOW - PAUSE + SECOND}, "wait", "data were uploaded a moment ago"),
        (NEW_DATA, {"newest_data": None}, "start", AFTER_COOLDOWN),
        (DRIFT, {"newest_data": NOW}, "start", AFTER_COOLDOWN),
        (DRIFT, {"last_start": NOW - DAY + SECOND}, "wait", "lasts until 2026-03-01T12:00+00:00"),
        (DRIFT, {"last_start": None}, "start", AFTER_COOLDOWN),
        (DRIFT, {"new_rows": 399}, "wait", "399 rows are new since the last training, operations.yaml asks for 400"),
        (DRIFT, {"new_rows": 0}, "wait", "0 rows are new"),
        (DRIFT, {"new_rows": None}, "start", AFTER_COOLDOWN),
        (NEW_DATA, {"new_rows": 1}, "wait", "1 rows are new"),
        (NEW_DATA, {"new_rows": 0}, "suppress", "0 rows are new"),
        (SCHEDULE, {"new_rows": 1}, "suppress", "1 rows are new"),
    ],
)
def test_a_cause_is_decided(cause: Cause, changes: dict[str, Any], outcome: str, reason: str) -> None:
    decision = decide(cause, replace(READY, **changes), POLICY)
    assert isinstance(decision, Decision)
    assert decision.outcome == outcome
    assert reason in decision.reason
