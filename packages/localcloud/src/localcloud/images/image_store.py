"""Store of image snapshots by digest, with the names of built images and of pushed images."""

import fnmatch
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from localcloud.images.dockerfile import Stage, read_dockerfile
from localcloud.images.manifests import DOCKER_MANIFEST, Manifest, manifest_of

SITE_PACKAGES = "usr/local/lib/python3/site-packages"
ALWAYS_IGNORED = ["__pycache__", "*.pyc", ".git"]
PLATFORM = "linux/amd64"
# List (`built` or `pushed`) -> name of the image -> snapshot, media type and digest of the manifest.
Names = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True)
class Image:
    """A snapshot that can be run: its files and its start command.

    `digest` is the digest of the manifest for a pushed image, and that of the snapshot for an image that was only
    built. `media_type` is that of the manifest; CreateModel checks it.
    """

    digest: str
    root: Path
    interpreter: Path
    workdir: str
    environment: dict[str, str]
    entrypoint: list[str]
    command: list[str]
    user: str = ""
    platform: str = PLATFORM
    media_type: str = DOCKER_MANIFEST

    @property
    def directory(self) -> Path:
        """Working directory of a container, in the snapshot."""
        return self.root / self.workdir.lstrip("/")


class ImageStore:
    """Images below a folder."""

    def __init__(self, directory: Path) -> None:
        self.state = directory.parent
        self._directory = directory
        self._names = directory / "names.json"

    def build(self, context: Path, dockerfile: Path, interpreter: Path, platform: str = PLATFORM) -> str:
        """Create a snapshot of the files that a Dockerfile copies from its context, and return its digest.

        The same files and start command give the same digest.

        Args:
            context: folder of the files to copy.
            dockerfile: path of the Dockerfile.
            interpreter: Python interpreter that runs the containers of the image.
            platform: platform of the image, such as linux/amd64, which has no influence on the files.

        Raises:
            FileNotFoundError: if a file to copy does not exist.
            NotInLocalcloud: for a Dockerfile instruction that is not supported.
        """
        stage = read_dockerfile(dockerfile)
        files = dict(_copied_files(stage, context))
        digest = _digest(stage, files, platform)
        target = self._directory / digest.replace(":", "-")
        if not target.exists():
            partial = target.with_suffix(f".{os.getpid()}")
            for name, source in files.items():
                destination = partial / "root" / name
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, destination)
            (partial / "root" / stage.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            for name in _wheels(stage, files):
                with zipfile.ZipFile(files[name]) as wheel:
                    wheel.extractall(partial / "root" / SITE_PACKAGES)
            start = {**asdict(stage), "interpreter": str(interpreter), "platform": platform}
            (partial / "image.json").write_text(json.dumps(start))
            partial.rename(target)
        return digest

    def tag(self, name: str, digest: str, media_type: str = DOCKER_MANIFEST) -> None:
        """Give a snapshot a name, and set the media type of the manifest that a push of this name creates."""
        self._change(lambda names: names["built"].__setitem__(name, {"image": digest, "media_type": media_type}))

    def tag_again(self, source: str, target: str) -> None:
        """Give a built image another name.

        Raises:
            KeyError: if the image was not built.
        """
        self._change(lambda names: names["built"].__setitem__(target, self._named(names, source)))

    def manifest(self, name: str) -> Manifest:
        """Return the manifest that a push of a built image creates.

        Raises:
            KeyError: if the image was not built.
        """
        built = self._named(self._read(), name)
        return manifest_of(built["image"], built["media_type"])

    def push(self, name: str) -> str:
        """Make a built image available to jobs and endpoints, and return the digest of its manifest.

        Raises:
            KeyError: if the image was not built.
        """
        built = self._named(self._read(), name)
        digest = self.manifest(name).digest
        entry = {**built, "digest": digest}
        self._change(lambda names: names["pushed"].update({name: entry, f"{repository_of(name)}@{digest}": entry}))
        return digest

    def built(self, name: str) -> Image | None:
        """Return the built image of a name, which `docker run` uses, or None."""
        built = self._read()["built"].get(name)
        return self._load(built["image"], built["image"], built["media_type"]) if built else None

    def pushed(self, name: str) -> Image | None:
        """Return the pushed image of a name, which jobs and endpoints use, or None."""
        entry = self._read()["pushed"].get(name)
        return self._load(entry["image"], entry["digest"], entry["media_type"]) if entry else None

    def pushed_digests(self, name: str) -> list[str]:
        """Return the addresses `repository@digest` under which a built image was pushed."""
        names, repository = self._read(), repository_of(name)
        image = names["built"].get(name, {}).get("image")
        return [
            address
            for address, entry in names["pushed"].items()
            if address == f"{repository}@{entry['digest']}" and entry["image"] == image
        ]

    def _named(self, names: Names, name: str) -> dict[str, str]:
        if name not in names["built"]:
            raise KeyError(f"{name} was not built; run docker build -t {name}")
        return names["built"][name]

    def _load(self, image_id: str, digest: str, media_type: str) -> Image:
        directory = self._directory / image_id.replace(":", "-")
        content = json.loads((directory / "image.json").read_text())
        return Image(
            digest,
            directory / "root",
            Path(content["interpreter"]),
            content["workdir"],
            _python_path(directory / "root") | content["environment"],
            content["entrypoint"],
            content["command"],
            content["user"],
            content["platform"],
            media_type,
        )

    def _read(self) -> Names:
        if not self._names.exists():
            return {"built": {}, "pushed": {}}
        names: Names = json.loads(self._names.read_text())
        return names

    def _change(self, change: Callable[[Names], object]) -> None:
        names = self._read()
        change(names)
        self._directory.mkdir(parents=True, exist_ok=True)
        partial = self._names.with_suffix(".partial")
        partial.write_text(json.dumps(names, indent=1))
        partial.replace(self._names)


def repository_of(name: str) -> str:
    """Return the name of an image without its tag. A colon before a port is part of the host and is kept."""
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}"


def _copied_files(stage: Stage, context: Path) -> Iterator[tuple[str, Path]]:
    """Yield the path in the image and the path on this machine of every file that the stage copies.

    Raises:
        FileNotFoundError: if a file to copy does not exist.
    """
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


def _wheels(stage: Stage, files: dict[str, Path]) -> list[str]:
    """Return the names of the copied wheels that the stage installs.

    A distribution without a copied wheel is already installed on this machine.
    """
    return [
        name
        for folder, distribution in stage.wheels
        for name in sorted(files)
        if fnmatch.fnmatch(name, f"{folder}/{distribution.replace('-', '_')}-*.whl")
    ]


def _python_path(root: Path) -> dict[str, str]:
    """Return PYTHONPATH with the packages that the image installed, or nothing if there are none.

    Python prefers these packages to those that are installed on this machine.
    """
    packages = root / SITE_PACKAGES
    return {"PYTHONPATH": str(packages)} if packages.is_dir() else {}


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


def _digest(stage: Stage, files: dict[str, Path], platform: str) -> str:
    """Return a hash of the files, the stage and the platform. The local interpreter is not included."""
    summary = hashlib.sha256(json.dumps([asdict(stage), platform], sort_keys=True).encode())
    for name in sorted(files):
        summary.update(f"{name}\0".encode())
        summary.update(hashlib.sha256(files[name].read_bytes()).digest())
    return f"sha256:{summary.hexdigest()}"
