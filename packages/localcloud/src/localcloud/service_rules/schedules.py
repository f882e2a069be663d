"""Validation of EventBridge Scheduler's schedules."""

from collections.abc import Mapping
from typing import Any

from localcloud.errors import AwsError
from localcloud.service_rules.schedule_expressions import check_schedule_expression


def check_schedule(members: Mapping[str, Any]) -> None:
    """Raise the error of CreateSchedule and UpdateSchedule for an invalid schedule.

    Source: botocore 1.43.106 scheduler, FlexibleTimeWindow documentation. The messages about the window are
    assumptions.
    """
    check_schedule_expression(members["ScheduleExpression"], members.get("ScheduleExpressionTimezone") or "UTC")
    window = members.get("FlexibleTimeWindow") or {}
    minutes = window.get("MaximumWindowInMinutes")
    if window.get("Mode") == "FLEXIBLE" and minutes is None:
        raise _window_refused("MaximumWindowInMinutes must be provided when the mode is FLEXIBLE.")
    if window.get("Mode") == "OFF" and minutes is not None:
        raise _window_refused("MaximumWindowInMinutes must not be provided when the mode is OFF.")


def _window_refused(message: str) -> AwsError:
    return AwsError("ValidationException", f"Invalid FlexibleTimeWindow: {message}")
