"""Snapshots of images by digest, and two lists of names: built here, and pushed to the registry."""

import fnmatch
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from localcloud.images.dockerfile import Stage, read_dockerfile

ALWAYS_IGNORED = ["__pycache__", "*.pyc", ".git"]


@dataclass(frozen=True)
class Image:
    """A snapshot that can be run: its files, and how a container of it starts."""

    digest: str
    root: Path
    interpreter: Path
    workdir: str
    environment: dict[str, str]
    entrypoint: list[str]
    command: list[str]

    @property
    def directory(self) -> Path:
        """The working directory of a container, in the snapshot."""
        return self.root / self.workdir.lstrip("/")


class ImageStore:
    """Images below one folder."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names = directory / "names.json"

    def build(self, context: Path, dockerfile: Path, interpreter: Path) -> str:
        """Snapshot what a Dockerfile copies from its context; returns the digest.

        The same files and the same start give the same digest. Raises FileNotFoundError if a source is missing.
        """
        stage = read_dockerfile(dockerfile)
        files = dict(_copied_files(stage, context))
        digest = _digest(stage, files)
        target = self._directory / digest.replace(":", "-")
        if not target.exists():
            partial = target.with_suffix(f".{os.getpid()}")
            for name, source in files.items():
                destination = partial / "root" / name
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, destination)
            (partial / "root" / stage.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            (partial / "image.json").write_text(json.dumps({**asdict(stage), "interpreter": str(interpreter)}))
            partial.rename(target)
        return digest

    def tag(self, name: str, digest: str) -> None:
        """Name a built image."""
        self._change(lambda names: names["built"].__setitem__(name, digest))

    def push(self, name: str) -> str:
        """Make a built image available to jobs and endpoints; raises KeyError if it was not built."""
        digest: str = self._read()["built"][name]
        self._change(lambda names: names["pushed"].update({name: digest, f"{repository_of(name)}@{digest}": digest}))
        return digest

    def built_digest(self, name: str) -> str | None:
        """Digest of a built image, or None."""
        return self._read()["built"].get(name)

    def pushed(self, name: str) -> Image | None:
        """The image that a job or an endpoint gets for a name, or None."""
        digest = self._read()["pushed"].get(name)
        return self._load(digest) if digest else None

    def _load(self, digest: str) -> Image:
        directory = self._directory / digest.replace(":", "-")
        content = json.loads((directory / "image.json").read_text())
        return Image(
            digest,
            directory / "root",
            Path(content["interpreter"]),
            content["workdir"],
            content["environment"],
            content["entrypoint"],
            content["command"],
        )

    def _read(self) -> dict[str, dict[str, str]]:
        if not self._names.exists():
            return {"built": {}, "pushed": {}}
        names: dict[str, dict[str, str]] = json.loads(self._names.read_text())
        return names

    def _change(self, change: Any) -> None:
        names = self._read()
        change(names)
        self._directory.mkdir(parents=True, exist_ok=True)
        partial = self._names.with_suffix(".partial")
        partial.write_text(json.dumps(names, indent=1))
        partial.replace(self._names)


def repository_of(name: str) -> str:
    """The name without its tag: the colon of a port belongs to the host."""
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}"


def _copied_files(stage: Stage, context: Path) -> Iterator[tuple[str, Path]]:
    """Path in the image and on the laptop of every file that the stage copies."""
    ignored = ALWAYS_IGNORED + _dockerignore(context)
    for sources, target in stage.copies:
        for source in sources:
            path = context / source
            if not path.exists():
                raise FileNotFoundError(f"COPY {source}: there is no such file in {context}")
            into_folder = target.endswith("/") or len(sources) > 1
            if path.is_file():
                name = f"{target.rstrip('/')}/{path.name}" if into_folder else target
                yield name.lstrip("/"), path
            for file in sorted(path.rglob("*")) if path.is_dir() else []:
                relative = file.relative_to(context).as_posix()
                if file.is_file() and not _is_ignored(relative, ignored):
                    yield f"{target.rstrip('/')}/{file.relative_to(path).as_posix()}".lstrip("/"), file


def _dockerignore(context: Path) -> list[str]:
    path = context / ".dockerignore"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith(("#", "!"))]


def _is_ignored(relative: str, patterns: list[str]) -> bool:
    parts = relative.split("/")
    prefixes = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(
        fnmatch.fnmatch(candidate, pattern.removeprefix("**/"))
        for candidate in [*prefixes, *parts]
        for pattern in patterns
    )


def _digest(stage: Stage, files: dict[str, Path]) -> str:
    """Hash of the files and the start, not of the laptop's interpreter."""
    summary = hashlib.sha256(json.dumps(asdict(stage), sort_keys=True).encode())
    for name in sorted(files):
        summary.update(f"{name}\0".encode())
        summary.update(hashlib.sha256(files[name].read_bytes()).digest())
    return f"sha256:{summary.hexdigest()}"
