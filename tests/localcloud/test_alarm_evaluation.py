"""The examples of CloudWatch's documentation on missing data, and M of N."""

import pytest
from localcloud.alarm_evaluation import Rule, State, Treatment, evaluate

TREATMENTS: tuple[Treatment, ...] = ("missing", "ignore", "breaching", "notBreaching")
KEPT = "kept"


def values(points: str) -> dict[int, float]:
    """`0 X - X` is oldest first: X breaches, 0 does not, - is missing."""
    return {age: float(point == "X") for age, point in enumerate(reversed(points.split())) if point != "-"}


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, three of three
@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("0 - X - X", ("OK", "OK", "OK", "OK")),
        ("- - - - 0", ("OK", "OK", "OK", "OK")),
        ("- - - - -", ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK")),
        ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        ("- - X - -", ("ALARM", KEPT, "ALARM", "OK")),
    ],
)
@pytest.mark.parametrize("current", ["OK", "ALARM"])
def test_missing_data_count_as_documented(points: str, expected: tuple[str, ...], current: State) -> None:
    for treatment, state in zip(TREATMENTS, expected, strict=True):
        rule = Rule(3, 3, 0.5, "GreaterThanThreshold", treatment)
        assert evaluate(rule, values(points), current) == (current if state == KEPT else state), treatment


@pytest.mark.parametrize(("points", "state"), [("X 0 X", "ALARM"), ("X 0 0", "OK"), ("0 X X", "ALARM")])
def test_two_of_three(points: str, state: str) -> None:
    assert evaluate(Rule(3, 2, 0.5, "GreaterThanThreshold", "notBreaching"), values(points), "OK") == state


@pytest.mark.parametrize(
    ("comparison", "state"),
    [
        ("GreaterThanThreshold", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM"),
        ("LessThanThreshold", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM"),
    ],
)
def test_the_threshold_itself(comparison: str, state: str) -> None:
    assert evaluate(Rule(1, 1, 1.0, comparison, "missing"), {0: 1.0}, "OK") == state
