"""The archive of the Lambda functions: the library and the locked packages. No Docker, no clock.

`make infra-setup` installs both into one folder, the packages as wheels for Lambda's platform. One archive has the
handlers of all functions.
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
# What an installer notes about this computer; .ready and .lock are no packages.
NOTES = {"direct_url.json", "INSTALLER", "RECORD", "REQUESTED", "uv_cache.json", ".ready", ".lock"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # archives know no earlier time


class PackagesMissing(Exception):
    """The locked packages are not there; the message says how to get them."""


@cache
def source_hash() -> str:
    """Hash of the lock and of the library's files: what the archive is, wherever and whenever it is made."""
    digest = hashlib.sha256(LOCK.read_bytes())
    for name, path in sorted(_entries().items()):
        if name.startswith(f"{LIBRARY}/"):
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def function_archive() -> Path:
    """Write the archive unless it is there already; returns its path. Raises PackagesMissing."""
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
