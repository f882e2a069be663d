"""Containers of `docker run`: one folder each, with the command, the state and the output."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localcloud.errors import NotInLocalcloud
from localcloud.images.container_process import run_container, write_state
from localcloud.images.image_store import Image
from localcloud.instance import LOOPBACK, free_port
from localcloud.sagemaker.container import Container

OPT_ML = "/opt/ml"
START_SECONDS = 10.0
POLL_SECONDS = 0.02


class ContainerStore:
    """The containers by name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def create(self, name: str, container: Container, mounts: Sequence[tuple[Path, str]]) -> Path:
        """Create the folder of a container and return it.

        Args:
            name: name of the container.
            container: the container; its root is set to a folder in the new one.
            mounts: pairs of a folder on this machine and its path in the container.

        Raises:
            FileExistsError: if the name is taken.
            NotInLocalcloud: for a mount outside of /opt/ml.
        """
        folder = self._directory / name
        if folder.exists():
            raise FileExistsError(f'Conflict. The container name "/{name}" is already in use')
        container.root = folder / "root"
        container.prepare()
        for source, target in mounts:
            _mount(container.path(target), source, target)
        asked = {
            "words": container.words(),
            "environment": container.variables(),
            "directory": str(container.image.directory),
            "interpreter": str(container.image.interpreter),
        }
        (folder / "container.json").write_text(json.dumps(asked), encoding="utf-8")
        write_state(folder, {"Status": "created", "Running": False, "ExitCode": 0, "Pid": 0})
        return folder

    def run(self, folder: Path) -> int:
        """Run a container until it ends, print its output, and return its exit code."""
        return run_container(folder, echo=True)

    def start(self, folder: Path) -> None:
        """Start a container in the background, and wait until it is running, at most ten seconds."""
        subprocess.Popen(
            [sys.executable, "-m", "localcloud.images.container_process", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while self.state(folder.name)["Status"] == "created" and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def find(self, name: str) -> dict[str, Any]:
        """Return the command, environment, directory and interpreter of a container.

        Raises:
            KeyError: if there is no such container.
        """
        path = self._directory / name / "container.json"
        if not path.exists():
            raise KeyError(f"No such container: {name}")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def state(self, name: str) -> dict[str, Any]:
        """Return the status, exit code and process id of a container.

        Raises:
            KeyError: if there is no such container.
        """
        self.find(name)
        found: dict[str, Any] = json.loads((self._directory / name / "state.json").read_text(encoding="utf-8"))
        return found

    def log(self, name: str) -> str:
        """Return the output of a container.

        Raises:
            KeyError: if there is no such container.
        """
        self.find(name)
        path = self._directory / name / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def execute(self, name: str, words: Sequence[str]) -> int:
        """Run another command in the environment of a running container, and return its exit code.

        Raises:
            KeyError: if there is no such container.
            RuntimeError: if the container is not running.
        """
        asked = self.find(name)
        if not self.state(name)["Running"]:
            raise RuntimeError(f"container {name} is not running")
        program = asked["interpreter"] if words[0] in ("python", "python3") else words[0]
        return subprocess.run(
            [program, *words[1:]], cwd=asked["directory"], env=asked["environment"], check=False
        ).returncode

    def stop(self, name: str, seconds: float) -> None:
        """Send SIGTERM to the first process of a container, and SIGKILL after `seconds`."""
        for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, START_SECONDS)):
            state = self.state(name)
            if not state["Running"]:
                return
            os.kill(state["Pid"], number)
            deadline = time.monotonic() + patience
            while self.state(name)["Running"] and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)

    def remove(self, name: str, *, force: bool) -> None:
        """Remove a container.

        Raises:
            KeyError: if there is no such container.
            RuntimeError: if it is running and `force` is False.
        """
        if self.state(name)["Running"]:
            if not force:
                raise RuntimeError(f"container {name} is running: stop the container before removing or force remove")
            self.stop(name, 0)
        shutil.rmtree(self._directory / name)


def new_container(image: Image, entrypoint: str, arguments: list[str], environment: dict[str, str]) -> Container:
    """Return a container of an image.

    Containers share the network of this machine, so the server in each gets a port of its own.
    """
    isolation = {"SAGEMAKER_BIND_TO_PORT": str(free_port()), "BIND_HOST": LOOPBACK}
    start = [entrypoint] if entrypoint else []
    return Container(image, Path(), start, arguments, isolation | environment)


def _mount(place: Path, source: Path, target: str) -> None:
    if target != OPT_ML and not target.startswith(f"{OPT_ML}/"):
        raise NotInLocalcloud(f"docker run --volume to {target}: only {OPT_ML} is re-rooted")
    if place.exists():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source.resolve())
