"""`docker run` without containers: processes with their own /opt/ml, which say what is not isolated."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = """
import os, pathlib, signal, sys, time
print("arguments", sys.argv[1:], os.environ.get("COLOUR"), flush=True)
folder = pathlib.Path(sys.argv[2])
(folder / "written.txt").write_text((folder / "given.txt").read_text())
if sys.argv[1] == "wait":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    time.sleep(60)
sys.exit(int(sys.argv[1]))
"""
DOCKERFILE = 'FROM scratch\nWORKDIR /app\nCOPY app.py ./\nENTRYPOINT ["python", "app.py"]\n'
Docker = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    """The command, with an image of one program."""
    environment = {**os.environ, "LOCALCLOUD_STATE": str(tmp_path / "state"), "LOCALCLOUD_PYTHON": sys.executable}

    def run(*words: str, content: str = "") -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "localcloud.images.docker_command", *words]
        return subprocess.run(
            command, input=content, capture_output=True, text=True, env=environment, timeout=60, check=False
        )

    context = tmp_path / "context"
    context.mkdir()
    (context / "app.py").write_text(PROGRAM)
    (context / "Dockerfile").write_text(DOCKERFILE)
    assert run("build", "--tag", "image", str(context)).returncode == 0
    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    (path / "given.txt").write_text("a line")
    return path


def state(docker: Docker, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(docker("inspect", name).stdout)[0]["State"]
    return found


def test_a_container_reads_and_writes_its_volume_and_ends_with_its_code(docker: Docker, folder: Path) -> None:
    volume = f"{folder}:/opt/ml/data"
    ran = docker("run", "--name", "one", "--env", "COLOUR=red", "--volume", volume, "image", "3", "/opt/ml/data")
    assert ran.returncode == 3, ran.stderr
    assert (folder / "written.txt").read_text() == "a line"
    assert ran.stdout.startswith("arguments ['3', '")
    assert "red" in ran.stdout
    assert docker("logs", "one").stdout == ran.stdout
    assert state(docker, "one") == {
        "Status": "exited", "Running": False, "ExitCode": 3, "Pid": 0, "OOMKilled": False,
    }  # fmt: skip
    assert docker("rm", "one").returncode == 0
    assert "No such object" in docker("inspect", "one").stderr


def test_a_container_in_the_background_is_asked_stopped_and_removed(docker: Docker, folder: Path) -> None:
    started = docker("run", "-d", "--name", "two", "-v", f"{folder}:/opt/ml/data", "image", "wait", "/opt/ml/data")
    assert (started.returncode, started.stdout) == (0, "two\n")
    deadline = time.monotonic() + 20
    while "arguments" not in docker("logs", "two").stdout and time.monotonic() < deadline:
        time.sleep(0.1)
    program = "import os, sys; print(sys.stdin.read(), os.environ['SAGEMAKER_BIND_TO_PORT'].isdecimal())"
    assert docker("exec", "-i", "two", "python", "-c", program, content="hello").stdout == "hello True\n"
    assert "already in use" in docker("run", "--name", "two", "image").stderr
    assert "is running" in docker("rm", "two").stderr
    assert docker("stop", "--time", "20", "two").returncode == 0
    assert state(docker, "two")["ExitCode"] == 7
    assert "is not running" in docker("exec", "two", "python", "-c", "").stderr
    assert docker("rm", "--force", "two").returncode == 0


def test_a_container_that_is_removed_by_force_leaves_no_process(docker: Docker, folder: Path) -> None:
    docker("run", "-d", "--name", "three", "-v", f"{folder}:/opt/ml/data", "image", "wait", "/opt/ml/data")
    process = state(docker, "three")["Pid"]
    assert docker("rm", "--force", "three").returncode == 0
    assert not Path(f"/proc/{process}").exists()


def test_what_is_not_isolated_is_said_and_shown(docker: Docker, folder: Path) -> None:
    words = ("--network", "none", "--read-only", "--tmpfs", "/tmp", "--volume", f"{folder}:/opt/ml/data:ro")
    ran = docker("run", "--name", "four", *words, "image", "0", "/opt/ml/data")
    assert ran.returncode == 0
    warnings = [line.rpartition(": ")[2] for line in ran.stderr.splitlines() if line.startswith("WARNING: ")]
    assert warnings == ["--network none", "--read-only", "volumes that are read-only"]
    assert json.loads(docker("inspect", "four").stdout)[0]["HostConfig"] == {
        "NetworkMode": "host",
        "ReadonlyRootfs": False,
    }


def test_an_entry_point_drops_the_command_of_the_image(docker: Docker, tmp_path: Path) -> None:
    """Source: https://docs.docker.com/reference/cli/docker/container/run/#entrypoint."""
    (tmp_path / "context" / "Dockerfile").write_text('FROM scratch\nWORKDIR /app\nCOPY app.py ./\nCMD ["--help"]\n')
    docker("build", "--tag", "image", str(tmp_path / "context"))
    ran = docker("run", "--entrypoint", "/bin/echo", "image")
    assert (ran.returncode, ran.stdout) == (0, "\n")
    assert docker("run", "--entrypoint", "/bin/echo", "image", "a word").stdout == "a word\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--volume", "/tmp:/data", "image"), "only /opt/ml is re-rooted"),
        (("--volume", "/nowhere:/opt/ml", "image"), "bind source path does not exist: /nowhere"),
        (("--platform", "linux/arm64", "image"), "running images of"),
        (("other",), "Unable to find image 'other' locally"),
    ],
)
def test_what_cannot_be_run_is_refused(docker: Docker, words: tuple[str, ...], message: str) -> None:
    ran = docker("run", *words)
    assert (ran.returncode, message in ran.stderr) == (125, True), ran.stderr
