"""Root is given up before the first request.

Source: "SageMaker AI expects all containers to run with root users",
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html; aws/sagemaker-python-sdk#4764.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.privileges import UNPRIVILEGED_ID, is_open_to_others

ROOT = Path(__file__).parents[2]
# Drops, then reads and writes what belongs to root alone; says what was possible.
PROBE = """
import os, pathlib, sys
from serving.privileges import CODE, drop_privileges
folder = pathlib.Path(sys.argv[1])
print(drop_privileges([folder] if sys.argv[2] == "closed" else [pathlib.Path("/usr")]))
print(os.getuid(), os.getgid(), os.getgroups())
for name, action in (
    ("read", lambda: (folder / "model.txt").read_text()),
    ("add", lambda: (folder / "new.txt").write_text("x")),
    ("change", lambda: (folder / "model.txt").write_text("x")),
    ("root", lambda: os.setuid(0)),
):
    try:
        action()
    except PermissionError:
        print(name, "refused")
    else:
        print(name, "done")
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """A folder that only its owner may open, with a file like that in it."""
    folder = tmp_path / "model"
    folder.mkdir(mode=0o700)
    (folder / "model.txt").write_text("trees")
    (folder / "model.txt").chmod(0o600)
    return folder


def probe(folder: Path, code: str) -> list[str]:
    words = [sys.executable, "-c", PROBE, str(folder), code]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


@needs_root
def test_an_unprivileged_user_reads_nothing_that_is_closed_and_writes_nothing(closed_folder: Path) -> None:
    assert probe(closed_folder, "open") == [
        f"dropped: user {UNPRIVILEGED_ID}",
        f"{UNPRIVILEGED_ID} {UNPRIVILEGED_ID} []",
        "read refused",
        "add refused",
        "change refused",
        "root refused",
    ]


@needs_root
def test_where_the_code_is_closed_everything_is_readable_and_nothing_writable(closed_folder: Path) -> None:
    assert probe(closed_folder, "closed") == [
        f"dropped: user {UNPRIVILEGED_ID} with the right to read every file",
        f"{UNPRIVILEGED_ID} {UNPRIVILEGED_ID} []",
        "read done",
        "add refused",
        "change refused",
        "root refused",
    ]


@needs_root
def test_a_process_that_is_not_root_changes_nothing(tmp_path: Path) -> None:
    words = "from serving.privileges import drop_privileges; print(drop_privileges())"
    script = f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\nimport serving.privileges\nos.setuid(4711)\n{words}"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "started as user 4711"


def test_a_folder_below_a_closed_one_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    assert not is_open_to_others(folder)
    assert is_open_to_others(Path("/usr"))
