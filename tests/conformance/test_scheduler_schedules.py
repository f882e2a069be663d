"""What we believe about EventBridge Scheduler. Every schedule is off, and gone at the end of its test."""

from typing import Any

import pytest

from tests.conformance.beliefs import belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.schedule_expressions import BAD, GOOD
from tests.conformance.target import ACCEPTED, Refusal, Target

TYPES = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"


class Schedules:
    """Schedules with one target."""

    def __init__(self, aws: Target, given: Fixtures) -> None:
        self.aws, self.client = aws, aws.client("scheduler")
        self._role = given.role(service="scheduler.amazonaws.com")

    @property
    def target(self) -> dict[str, Any]:
        """A queue, which need not exist."""
        arn = f"arn:aws:sqs:{self.aws.region}:{self.aws.account()}:{self.aws.name('queue')}"
        return {"Arn": arn, "RoleArn": self._role, "Input": "{}"}

    def members(self, expression: str, **changes: Any) -> dict[str, Any]:
        """The members of a schedule."""
        window = {"Mode": "OFF"}
        return {
            "Name": self.aws.name("schedule"),
            "State": "DISABLED",
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": window,
            "Target": self.target,
            **changes,
        }

    def taken(self, expression: str) -> str:
        """Make a schedule and delete it again; returns ACCEPTED, or the code of the refusal."""
        members = self.members(expression)
        found = self.aws.refusal("scheduler", "create_schedule", **members)
        if found.code == ACCEPTED:
            self.client.delete_schedule(Name=members["Name"])
        return found.code

    def refused(self, expression: str = "rate(1 hour)", **changes: Any) -> Refusal:
        """Ask for a schedule; returns how it is refused."""
        members = self.members(expression, **changes)
        name = members["Name"]
        return self.aws.refusal(
            "scheduler", "create_schedule", if_accepted=lambda: self.client.delete_schedule(Name=name), **members
        )


@pytest.fixture(scope="module")
def schedules(aws: Target, given: Fixtures) -> Schedules:
    return Schedules(aws, given)


def check(schedules: Schedules, observe: Observe, message: str, what: str = "schedule", **changes: Any) -> None:
    """Hold a refusal to its documented message."""
    found = schedules.refused(**changes)
    observe(f"{what}: code", found.code, documented="ValidationException")
    observe(f"{what}: message", found.message, documented=Matching(message))


@belief(TYPES, creates="a schedule that is off, and its role")
def test_expressions_that_are_taken(schedules: Schedules, observe: Observe) -> None:
    """A schedule takes the crons and rates of EventBridge's rules, and one time."""
    for expression in (*GOOD, "at(2030-11-20T13:00:00)"):
        observe(expression, schedules.taken(expression), documented=ACCEPTED)


@belief("https://github.com/localstack/localstack/issues/9284")
def test_expressions_that_are_refused(schedules: Schedules, observe: Observe) -> None:
    """A schedule refuses any other expression, and names it."""
    for expression in (*BAD, "at(2030-02-30T13:00:00)"):
        found = schedules.refused(expression)
        observe(f"{expression}: code", found.code, documented="ValidationException")
        message = f"Invalid Schedule Expression {expression}."
        observe(f"{expression}: message", found.message, documented=message)


@belief("https://github.com/localstack/localstack/issues/9284")
def test_a_zone(schedules: Schedules, observe: Observe) -> None:
    """A schedule has a time zone that exists."""
    message = r"^Invalid Schedule Expression Timezone Mars/Base\.$"
    check(schedules, observe, message, ScheduleExpressionTimezone="Mars/Base")


@belief("botocore: scheduler.FlexibleTimeWindow, MaximumWindowInMinutes, FlexibleTimeWindowMode")
def test_a_window(schedules: Schedules, observe: Observe) -> None:
    """A flexible window has a length of a day at most, and a window that is off has none."""
    for what, window, message in (
        ("no length", {"Mode": "FLEXIBLE"}, "MaximumWindowInMinutes must be provided"),
        ("off", {"Mode": "OFF", "MaximumWindowInMinutes": 5}, "must not be provided"),
        ("too long", {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}, "less than or equal to 1440"),
        ("mode", {"Mode": "SOMETIMES"}, "Member must satisfy enum value set"),
    ):
        check(schedules, observe, message, what, FlexibleTimeWindow=window)


@belief("botocore: scheduler.RetryPolicy MaximumRetryAttempts (0 to 185)")
def test_retries(schedules: Schedules, observe: Observe) -> None:
    """A target is tried again at most 185 times."""
    target = {**schedules.target, "RetryPolicy": {"MaximumRetryAttempts": 186}}
    check(schedules, observe, "less than or equal to 185", Target=target)


@belief("botocore: scheduler.ScheduleName (1 to 64 characters)")
def test_a_name(schedules: Schedules, observe: Observe) -> None:
    """The name of a schedule has at most 64 characters."""
    check(schedules, observe, "length less than or equal to 64", Name="n" * 65)


@belief("botocore: scheduler.UpdateScheduleInput ScheduleExpression")
def test_an_update_that_is_refused(schedules: Schedules, observe: Observe) -> None:
    """An update that is refused changes nothing."""
    members = schedules.members("rate(1 hour)", Name=schedules.aws.name("kept"))
    schedules.client.create_schedule(**members)
    changed = {**members, "ScheduleExpression": "every day"}
    found = schedules.aws.refusal("scheduler", "update_schedule", **changed)
    kept = schedules.client.get_schedule(Name=members["Name"])["ScheduleExpression"]
    schedules.client.delete_schedule(Name=members["Name"])
    observe("code", found.code, documented="ValidationException")
    observe("expression", kept, documented="rate(1 hour)")


@belief("botocore: scheduler.GetSchedule (ResourceNotFoundException)")
def test_a_schedule_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a schedule that does not exist is refused with ResourceNotFoundException."""
    found = aws.refusal("scheduler", "get_schedule", Name=aws.name("no-schedule"))
    observe("code", found.code, documented="ResourceNotFoundException")
