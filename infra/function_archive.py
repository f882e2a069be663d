"""Archive of the Lambda functions: the library and the locked packages, built without Docker.

`make infra-setup` installs both to one folder, the packages as wheels for Lambda's platform. One archive contains the
handlers of all functions. The archive contains no times, so the same files give the same archive.
"""

import hashlib
import zipfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ROOT / "build" / "function-packages"
ARCHIVES = ROOT / "build" / "functions"
LOCK = ROOT / "requirements" / "functions.txt"
LIBRARY = "sagemaker_mlops"
LEFT_OUT = {"__pycache__", "bin"}
# Files in which an installer records facts about this machine, and marker files that belong to no package.
NOTES = {"direct_url.json", "INSTALLER", "RECORD", "REQUESTED", "uv_cache.json", ".ready", ".lock"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP archive can store


class PackagesMissing(Exception):
    """Error for locked packages that are not installed. The message names the command that installs them."""


@cache
def source_hash() -> str:
    """Return the hash of the lock file and the library's files, which is the same on every machine."""
    digest = hashlib.sha256(LOCK.read_bytes())
    for name, path in sorted(_entries().items()):
        if name.startswith(f"{LIBRARY}/"):
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def function_archive() -> Path:
    """Write the archive unless it exists, and return its path.

    Raises:
        PackagesMissing: if the locked packages are not installed.
    """
    lock_hash = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    ready = PACKAGES / ".ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8").strip() != lock_hash:
        raise PackagesMissing("the functions' locked packages are not installed; run: make infra-setup")
    archive = ARCHIVES / f"{source_hash()}.zip"
    if not archive.is_file():
        ARCHIVES.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_suffix(".part")
        _write(unfinished)
        unfinished.replace(archive)
    return archive


def _entries() -> dict[str, Path]:
    files = [path for path in PACKAGES.rglob("*") if path.is_file() and not LEFT_OUT & set(path.parts)]
    return {path.relative_to(PACKAGES).as_posix(): path for path in files if path.name not in NOTES}


def _write(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, path in sorted(_entries().items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, path.read_bytes())
