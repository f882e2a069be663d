"""Count of the recent deaths of server processes, by which the supervisor decides whether to stop."""

from collections import deque

WINDOW_SECONDS = 60.0
MINIMUM_DEATHS = 5


class WorkerDeaths:
    """Counter of deaths in a sliding window.

    A single death may be an accident, for example if the kernel kills a process because memory has run out. A new
    process recovers from it within seconds. Repeated deaths have a cause that a new process does not remove. The
    container then stops, and SageMaker replaces it. The limit grows with the number of processes, because one event can
    end all of them.
    """

    def __init__(self, processes: int) -> None:
        self.limit = max(MINIMUM_DEATHS, processes)
        self.total = 0
        self._recent: deque[float] = deque()

    def add(self, now: float) -> bool:
        """Count a death, and return True if the number of deaths within the window has reached the limit.

        Args:
            now: time of the death in seconds, on a clock that never goes backwards.
        """
        self.total += 1
        self._recent.append(now)
        while now - self._recent[0] > WINDOW_SECONDS:
            self._recent.popleft()
        return len(self._recent) >= self.limit
