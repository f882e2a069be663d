"""Schedule expressions of EventBridge's rules and of EventBridge Scheduler."""

import re
from datetime import datetime
from functools import cache
from zoneinfo import available_timezones

from localcloud.errors import AwsError
from localcloud.service_rules.cron_fields import is_cron

RATE = re.compile(r"rate\(([1-9][0-9]*) (minutes?|hours?|days?)\)")
AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")


def check_rule_expression(expression: str) -> None:
    """Raise PutRule's error for an invalid schedule expression.

    Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html (a rate of 1 has a
    singular unit, others a plural one), https://github.com/localstack/localstack/pull/12156 (the message).
    """
    rate = RATE.fullmatch(expression)
    singular = rate is not None and not rate[2].endswith("s")
    if (rate is not None and singular == (rate[1] == "1")) or is_cron(expression):
        return
    raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.")


def check_schedule_expression(expression: str, timezone: str = "UTC") -> None:
    """Raise CreateSchedule's error for an invalid schedule expression or time zone.

    Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html (rate, cron and at),
    https://github.com/localstack/localstack/issues/9284 (the message; that of the time zone is an assumption).
    """
    if not (RATE.fullmatch(expression) or is_cron(expression) or _is_at(expression)):
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}.")
    if timezone not in _timezones():
        raise AwsError("ValidationException", f"Invalid Schedule Expression Timezone {timezone}.")


@cache
def _timezones() -> set[str]:
    """Return the names of all time zones, which are looked up in a folder of hundreds of files."""
    return available_timezones()


def _is_at(expression: str) -> bool:
    found = AT.fullmatch(expression)
    try:
        return found is not None and bool(datetime.fromisoformat(found[1]))
    except ValueError:
        return False
