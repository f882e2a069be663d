"""What an event asks for, at the edges of what it may say."""

from typing import Any

import pytest
from sagemaker_mlops.events.start_training.cause import UNKNOWN, Cause, InvalidCause, parse_cause, parse_window

NOON = 1795348800  # 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("2025-02:2025-07", ("2025-02", "2025-07")),
        ("2025-02:2025-02", ("2025-02", "2025-02")),
        ("2025-01:2025-12", ("2025-01", "2025-12")),
        ("2024-12:2025-01", ("2024-12", "2025-01")),
    ],
)
def test_a_window_has_one_month_or_more(text: str, window: tuple[str, str]) -> None:
    assert parse_window(text) == window


@pytest.mark.parametrize(
    "text",
    [
        "", ":", "2025-02", "2025-02:", ":2025-02", "2025-03:2025-02", "2025-00:2025-02", "2025-02:2025-13",
        "2024-13:2025-02", "2025-02:2025-03:2025-04", "2025-02-01:2025-03", "2025-02:2025-03-01", "2025-02:2025-3",
    ],
)  # fmt: skip
def test_any_other_window_is_refused(text: str) -> None:
    with pytest.raises(InvalidCause, match=f"expected a window of months such as 2025-02:2025-07, found {text}$"):
        parse_window(text)


@pytest.mark.parametrize(("length", "valid"), [(1, True), (200, True), (201, False)])
def test_a_text_has_at_most_200_characters(length: int, valid: bool) -> None:
    event = {"cause": "manual", "cause_id": "a" * length}
    if valid:
        assert parse_cause(event).cause_id == event["cause_id"]
    else:
        with pytest.raises(InvalidCause, match="expected a cause_id"):
            parse_cause(event)


@pytest.mark.parametrize("nothing", [{}, {"window": "", "image_uri": "", "git_sha": ""}, {"window": None}])
def test_what_an_event_leaves_out_has_a_default(nothing: dict[str, Any]) -> None:
    assert parse_cause({"cause": "manual", "cause_id": "1", **nothing}) == Cause("manual", "1", None, "", UNKNOWN)


@pytest.mark.parametrize(
    ("cause", "deployed"),
    [
        (Cause("commit", "1", git_sha="abc"), True),
        (Cause("commit", "1"), False),
        (Cause("commit", "1", git_sha="abc", image_uri="image:1"), False),
        (Cause("manual", "1", git_sha="abc"), False),
    ],
)
def test_only_the_deliver_workflow_names_the_commit_of_the_deployed_image(cause: Cause, deployed: bool) -> None:
    assert cause.names_deployed_commit is deployed


@pytest.mark.parametrize(
    ("kind", "cause_id", "alarm"),
    [
        ("drift", "broken@2026-11-22T12:00:00Z", ("broken", NOON)),
        ("drift", "broken@2026-11-22T13:00:00+01:00", ("broken", NOON)),
        ("drift", "a@b@2026-11-22T12:00:00Z", ("a@b", NOON)),
        ("drift", "broken", None),
        ("drift", "broken@yesterday", None),
        ("manual", "broken@2026-11-22T12:00:00Z", None),
    ],
)
def test_a_drift_names_its_alarm_and_when_it_began(kind: str, cause_id: str, alarm: tuple[str, int] | None) -> None:
    assert Cause(kind, cause_id).alarm == alarm


def test_each_attempt_of_a_cause_starts_one_training() -> None:
    same, again = Cause("manual", "1", attempt=1), Cause("manual", "1", attempt=2)
    assert same.token == Cause("manual", "1").token
    assert len({same.token, again.token, Cause("drift", "1").token, Cause("manual", "2").token}) == 4
