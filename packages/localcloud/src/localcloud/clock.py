"""Clock whose waits and schedules can be sped up. Timestamps are always in real time."""

import time
from dataclasses import dataclass, field
from threading import Event


@dataclass(frozen=True)
class Clock:
    """Source of the time and of waits; `scale` divides the length of every wait.

    Schedules use a time of their own, which starts with localcloud and passes `scale` times as fast: an hourly schedule
    runs every minute at a scale of 60.
    """

    scale: float = 1.0
    begin: float = field(default_factory=time.time)

    def now(self) -> float:
        """Return the current time in seconds since 1970, as AWS's JSON protocols write timestamps."""
        return round(time.time(), 3)

    def wait(self, seconds: float, interrupted: Event) -> bool:
        """Wait for `seconds` divided by the scale. Return True if interrupted before that."""
        return interrupted.wait(seconds / self.scale)

    def scheduled(self, real: float) -> float:
        """Return the schedule time that corresponds to a real time, both in seconds since 1970."""
        return self.begin + (real - self.begin) * self.scale

    def real(self, scheduled: float) -> float:
        """Return the real time that corresponds to a schedule time, both in seconds since 1970."""
        return self.begin + (scheduled - self.begin) / self.scale
