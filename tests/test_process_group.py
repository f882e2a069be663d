"""A test that measures latency waits for the processes that have other tests."""

import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

from tests.process_group import ProcessGroup


def test_a_group_is_empty_once_every_process_has_left_or_ended(tmp_path: Path) -> None:
    group = ProcessGroup(tmp_path / "group")
    group.wait_until_empty()
    group.enter()
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (tmp_path / "group" / str(other.pid)).touch()
    assert len(group.members()) == 2
    waiting = Thread(target=group.wait_until_empty)
    waiting.start()
    group.leave()
    time.sleep(1)
    assert waiting.is_alive(), "the other one has not ended"
    other.kill()
    other.wait()
    waiting.join(timeout=10)
    assert not waiting.is_alive()
