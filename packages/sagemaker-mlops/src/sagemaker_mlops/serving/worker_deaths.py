"""How often server processes died lately, and whether that is too often to go on."""

from collections import deque

WINDOW_SECONDS = 60.0
FEWEST_DEATHS = 5


class WorkerDeaths:
    """Counts deaths in a sliding window.

    One death is an accident, such as the kernel's when memory ran out, and a new process heals it within seconds.
    Deaths that repeat have a cause that a new process does not remove: then the container ends, and SageMaker
    replaces it. The limit grows with the number of processes, since one event can end all of them.
    """

    def __init__(self, processes: int) -> None:
        self.limit = max(FEWEST_DEATHS, processes)
        self.total = 0
        self._recent: deque[float] = deque()

    def add(self, now: float) -> bool:
        """Count a death at a time in seconds; returns whether there were too many within the window."""
        self.total += 1
        self._recent.append(now)
        while now - self._recent[0] > WINDOW_SECONDS:
            self._recent.popleft()
        return len(self._recent) >= self.limit
