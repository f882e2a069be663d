"""Snapshots of the whole state of a localcloud: stacks, buckets, registry, endpoints, images, git."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from localcloud.instance import LIFELINE, STARTING_ENDPOINTS, Instance, Running

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
ABOUT = "snapshot.json"
STATE = "state"
BEFORE_LOAD = "before-load"
# Files that belong to the running process, or that it creates again when it starts.
NOT_KEPT = ("running.json", "starting.lock", "localcloud.log", STARTING_ENDPOINTS, "endpoints", "jobs")


class SnapshotError(Exception):
    """Failure to save, load or remove a snapshot. The message gives the cause and the remedy."""


@dataclass(frozen=True)
class Snapshot:
    """A saved state. `ministack` is the version of ministack that wrote it."""

    name: str
    saved: str
    size_bytes: int
    ministack: str


class Snapshots:
    """The snapshots of a localcloud, in a folder beside its state folder."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._directory = instance.directory.with_name(f"{instance.directory.name}.snapshots")

    def all(self) -> list[Snapshot]:
        """Return all snapshots, oldest first."""
        found = [self._read(path.parent.name) for path in self._directory.glob(f"[!.]*/{ABOUT}")]
        return sorted(found, key=lambda snapshot: snapshot.saved)

    def save(self, name: str, *, replace: bool = False) -> Snapshot:
        """Save the present state. A running localcloud is stopped first and started again afterwards.

        Raises:
            SnapshotError: if the name is taken and `replace` is False, or if there is no state.
        """
        target = self._folder(name)
        if target.exists() and not replace:
            raise SnapshotError(f"there is a snapshot {name} already; replace it with --replace, or use another name")
        if not self._instance.directory.is_dir():
            raise SnapshotError(f"there is no state in {self._instance.directory}; start the cloud first")
        with self._stopped():
            return self._keep(name, lambda state: _copy(self._instance.directory, state))

    def load(self, name: str) -> Snapshot:
        """Replace the present state with a snapshot, after saving the present state as `before-load`.

        Raises:
            SnapshotError: if there is no such snapshot, or if another version of ministack wrote it.
        """
        snapshot = self._read(name)
        if snapshot.ministack != version("ministack"):
            raise SnapshotError(
                f"snapshot {name} was saved with ministack {snapshot.ministack}, and this is {version('ministack')}; "
                "make it again with this version"
            )
        with self._stopped():
            directory = self._instance.directory
            partial = directory.with_name(f".{directory.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            _copy(self._folder(name) / STATE, partial)
            if directory.is_dir():
                self._keep(BEFORE_LOAD, directory.rename)
            partial.rename(directory)
        return snapshot

    def remove(self, name: str) -> Snapshot:
        """Remove a snapshot.

        Raises:
            SnapshotError: if there is no snapshot of that name.
        """
        snapshot = self._read(name)
        shutil.rmtree(self._folder(name))
        return snapshot

    def _keep(self, name: str, put: Callable[[Path], object]) -> Snapshot:
        """Create a snapshot of the state that `put` writes to a folder. An interrupted one is not listed."""
        target = self._folder(name)
        partial = target.with_name(f".{name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        put(partial / STATE)
        saved = Snapshot(
            name,
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            sum(path.stat().st_size for path in (partial / STATE).rglob("*") if path.is_file()),
            version("ministack"),
        )
        (partial / ABOUT).write_text(json.dumps(asdict(saved), indent=1), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
        return saved

    def _folder(self, name: str) -> Path:
        if NAME.fullmatch(name) is None:
            raise SnapshotError(f"expected a name of letters, digits, dots, dashes and underscores; found {name!r}")
        return self._directory / name

    def _read(self, name: str) -> Snapshot:
        path = self._folder(name) / ABOUT
        if not path.is_file():
            names = ", ".join(path.parent.name for path in sorted(self._directory.glob(f"[!.]*/{ABOUT}"))) or "none"
            raise SnapshotError(f"there is no snapshot {name}; there are: {names}")
        return Snapshot(**json.loads(path.read_text(encoding="utf-8")))

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        """Stop a running localcloud, and start it again with the same options even if an error occurs."""
        running = self._instance.running()
        if running is None:
            yield
            return
        _refuse_lifeline(running)
        self._instance.stop(running)
        try:
            yield
        finally:
            self._instance.start_with(running.port, running.options)


def _refuse_lifeline(running: Running) -> None:
    if LIFELINE in running.options:
        raise SnapshotError("the cloud belongs to a command that is running (localcloud run); wait until it has ended")


def _copy(source: Path, target: Path) -> None:
    """Copy a state folder with modes and times. `cp` shares blocks if the file system supports it."""
    target.mkdir(parents=True)
    entries = [str(path) for path in source.iterdir() if path.name not in NOT_KEPT]
    if entries:
        subprocess.run(["cp", "-a", *entries, str(target)], check=True)
