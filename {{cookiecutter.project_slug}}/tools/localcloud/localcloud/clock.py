"""Time. Waits can be scaled (a ten-minute wait in ten seconds); timestamps are always real."""

import time
from dataclasses import dataclass
from threading import Event


@dataclass(frozen=True)
class Clock:
    """Tells the time and waits; `scale` divides every wait."""

    scale: float = 1.0

    def now(self) -> float:
        """Seconds since 1970, as AWS's JSON protocols write timestamps."""
        return round(time.time(), 3)

    def wait(self, seconds: float, interrupted: Event) -> bool:
        """Wait; returns True at once when interrupted."""
        return interrupted.wait(seconds / self.scale)
