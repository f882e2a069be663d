"""Processes that belong together for a while, and a wait until none does."""

import os
import time
from pathlib import Path

PAUSE_SECONDS = 0.5


class ProcessGroup:
    """A folder with a file for every process of the group; those of processes that have ended count for nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def _mine(self) -> Path:
        return self._folder / str(os.getpid())

    def enter(self) -> None:
        """Add this process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._mine.touch()

    def leave(self) -> None:
        """Remove this process."""
        self._mine.unlink(missing_ok=True)

    def members(self) -> set[int]:
        """Return the processes of the group that are alive."""
        return {int(path.name) for path in self._folder.glob("*") if _is_alive(int(path.name))}

    def wait_until_empty(self) -> None:
        """Return once the group has no process."""
        while self.members():
            time.sleep(PAUSE_SECONDS)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True
