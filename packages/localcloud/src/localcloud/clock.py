"""Time. Waits can be scaled (a ten-minute wait in ten seconds); timestamps are always real."""

import time
from dataclasses import dataclass, field
from threading import Event


@dataclass(frozen=True)
class Clock:
    """Tells the time and waits; `scale` divides every wait.

    Schedules run on a time of their own, which begins with the cloud and passes `scale` times as fast: what is to run
    every hour runs every minute at a scale of 60.
    """

    scale: float = 1.0
    begin: float = field(default_factory=time.time)

    def now(self) -> float:
        """Seconds since 1970, as AWS's JSON protocols write timestamps."""
        return round(time.time(), 3)

    def wait(self, seconds: float, interrupted: Event) -> bool:
        """Wait; returns True at once when interrupted."""
        return interrupted.wait(seconds / self.scale)

    def scheduled(self, real: float) -> float:
        """The time by which schedules run, at a real time."""
        return self.begin + (real - self.begin) * self.scale

    def real(self, scheduled: float) -> float:
        """The real time of a time by which schedules run."""
        return self.begin + (scheduled - self.begin) / self.scale
