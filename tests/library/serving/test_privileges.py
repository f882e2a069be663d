"""Root is given up before the first request.

Source: "SageMaker AI expects all containers to run with root users",
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html; aws/sagemaker-python-sdk#4764.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sagemaker_mlops.project import ROOT
from sagemaker_mlops.serving.privileges import UNPRIVILEGED_ID, is_open_to_others

# Drops, then reads and writes what belongs to root alone; says what was possible.
PROBE = """
import os, pathlib, sys
from sagemaker_mlops.serving.privileges import CODE, drop_privileges
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


@pytest.mark.parametrize(
    ("code", "sentence", "reading"),
    [("open", "", "refused"), ("closed", " with the right to read every file", "done")],
)
def test_root_becomes_a_user_who_writes_nothing(closed_folder: Path, code: str, sentence: str, reading: str) -> None:
    """Where the code is closed to other users, everything stays readable. Another user than root stays who it is."""
    found = probe(closed_folder, code)
    if os.geteuid() != 0:
        assert found[0] == f"started as user {os.geteuid()}"
        return
    assert found == [
        f"dropped: user {UNPRIVILEGED_ID}{sentence}",
        f"{UNPRIVILEGED_ID} {UNPRIVILEGED_ID} []",
        f"read {reading}",
        "add refused",
        "change refused",
        "root refused",
    ]


def test_a_process_that_is_not_root_changes_nothing() -> None:
    user = os.geteuid() or 4711
    script = (
        "import os\nfrom sagemaker_mlops.serving import privileges\n"
        f"os.setuid({user})\nprint(privileges.drop_privileges())"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == f"started as user {user}"


def test_a_folder_below_a_closed_one_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    assert not is_open_to_others(folder)
    assert is_open_to_others(Path("/usr"))
