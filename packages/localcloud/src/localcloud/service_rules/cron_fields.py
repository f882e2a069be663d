"""The six fields of AWS's cron expressions.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html and
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
EXPRESSION = re.compile(r"cron\((.+)\)")
NEAREST_WEEKDAY = re.compile(r"([0-9]{1,2})W")
NTH_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})#([1-5])")
LAST_WEEKDAY = re.compile(r"([1-7]|[A-Z]{3})L")


@dataclass(frozen=True)
class Field:
    """The range of values of a field, and their names in the order of the values."""

    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    def accepts(self, text: str) -> bool:
        """Return True for `*` or a list of values, ranges and steps."""
        return all(self._accepts_part(part) for part in text.split(","))

    def _accepts_part(self, part: str) -> bool:
        base, slash, step = part.partition("/")
        if slash and not (step.isdigit() and 0 < int(step) <= self.highest):
            return False
        return base == "*" or self._is_range(base)

    def _is_range(self, text: str) -> bool:
        bounds = [self._value(bound) for bound in text.split("-")]
        if None in bounds or len(bounds) > 2:
            return False
        return all(self.lowest <= bound <= self.highest for bound in bounds if bound is not None)

    def _value(self, text: str) -> int | None:
        if text in self.names:
            return self.names.index(text) + self.lowest
        return int(text) if text.isdigit() else None


MINUTES, HOURS, DAYS = Field(0, 59), Field(0, 23), Field(1, 31)
MONTH, WEEKDAY, YEAR = Field(1, 12, MONTHS), Field(1, 7, WEEKDAYS), Field(1970, 2199)


def is_cron(expression: str) -> bool:
    """Return True for a valid `cron(minutes hours day-of-month month day-of-week year)`."""
    found = EXPRESSION.fullmatch(expression)
    parts = found[1].upper().split() if found else []
    if len(parts) != 6:
        return False
    minutes, hours, day, month, weekday, year = parts
    if (day == "?") == (weekday == "?"):  # exactly one of the two must be `?`
        return False
    plain = ((MINUTES, minutes), (HOURS, hours), (MONTH, month), (YEAR, year))
    return all(field.accepts(text) for field, text in plain) and _is_day(day) and _is_weekday(weekday)


def _is_day(text: str) -> bool:
    return text in ("?", "L", "LW") or NEAREST_WEEKDAY.fullmatch(text) is not None or DAYS.accepts(text)


def _is_weekday(text: str) -> bool:
    if text in ("?", "L") or WEEKDAY.accepts(text):
        return True
    found = NTH_WEEKDAY.fullmatch(text) or LAST_WEEKDAY.fullmatch(text)
    return found is not None and (found[1].isdigit() or found[1] in WEEKDAYS)
