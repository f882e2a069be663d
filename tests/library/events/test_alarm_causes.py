"""One alarm is one cause, whatever source names the second in which it began to fire."""

import pytest
from sagemaker_mlops.events.start_training.cause import Cause

from tests.library.events.test_start_training import Harness


@pytest.fixture
def harness() -> Harness:
    return Harness()


@pytest.mark.parametrize("second", ["11:59:57Z", "11:59:59Z", "12:00:00+00:00", "12:00:01Z", "12:00:05Z"])
def test_an_alarm_told_with_another_second_is_the_same_cause(harness: Harness, second: str) -> None:
    """The event of the alarm and DescribeAlarms may round its moment differently, and be told in either order."""
    first = harness.handle(Cause("drift", "broken@2026-11-22T12:00:00Z"))
    assert harness.handle(Cause("drift", f"broken@2026-11-22T{second}")) == first
    assert len(harness.training.started) == 1
    assert [key for key in harness.table.items if key.startswith("cause#")] == [
        "cause#drift:broken@2026-11-22T12:00:00Z"
    ]


@pytest.mark.parametrize(
    "other", ["broken@2026-11-22T12:00:06Z", "broken@2026-11-22T11:59:54Z", "other@2026-11-22T12:00:00Z"]
)
def test_another_alarm_or_a_later_one_is_another_cause(harness: Harness, other: str) -> None:
    first = harness.handle(Cause("drift", "broken@2026-11-22T12:00:00Z"))
    entry = harness.handle(Cause("drift", other))
    assert (first.status, entry.status, entry.cause.cause_id) == ("started", "waiting", other)


def test_an_alarm_that_fires_again_later_is_told_apart_from_both_sides(harness: Harness) -> None:
    told = [
        harness.handle(Cause("drift", f"broken@2026-11-22T{second}Z")).cause.cause_id[-9:]
        for second in ("12:00:00", "12:30:01", "12:30:00", "12:30:02", "12:00:00")
    ]
    assert told == ["12:00:00Z", "12:30:01Z", "12:30:01Z", "12:30:01Z", "12:00:00Z"]
