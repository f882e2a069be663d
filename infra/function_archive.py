"""The archive of a Lambda function: its folder, the shared one, and the locked packages. No Docker, no clock.

The packages are wheels for Lambda's platform, which `make infra-setup` installs from the lock.
"""

import hashlib
import zipfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FUNCTIONS = ROOT / "infra" / "functions"
PACKAGES = ROOT / "build" / "function-packages"
ARCHIVES = ROOT / "build" / "functions"
LOCK = ROOT / "requirements" / "functions.txt"
SHARED = "shared"
LEFT_OUT = {"__pycache__", "bin"}
EPOCH = (1980, 1, 1, 0, 0, 0)  # archives know no earlier time


class PackagesMissing(Exception):
    """The locked packages are not there; the message says how to get them."""


def _sources(package: str) -> list[Path]:
    folders = (FUNCTIONS / package, FUNCTIONS / SHARED)
    return [FUNCTIONS / "__init__.py", *sorted(path for folder in folders for path in folder.rglob("*.py"))]


def source_hash(package: str) -> str:
    """Hash of the lock and of the function's sources: what the archive is, wherever and whenever it is made."""
    digest = hashlib.sha256(LOCK.read_bytes())
    for path in _sources(package):
        digest.update(f"{path.relative_to(FUNCTIONS).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def function_archive(package: str) -> Path:
    """Write the archive unless it is there already; returns its path. Raises PackagesMissing."""
    lock_hash = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    ready = PACKAGES / ".ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8").strip() != lock_hash:
        raise PackagesMissing("the functions' locked packages are not installed; run: make infra-setup")
    archive = ARCHIVES / f"{package}-{source_hash(package)}.zip"
    if not archive.is_file():
        ARCHIVES.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_suffix(".part")
        _write(unfinished, package)
        unfinished.replace(archive)
    return archive


def _write(archive: Path, package: str) -> None:
    packages = [path for path in PACKAGES.rglob("*") if path.is_file() and not LEFT_OUT & set(path.parts)]
    entries = {path.relative_to(PACKAGES).as_posix(): path for path in packages if path.name not in (".ready", ".lock")}
    entries |= {f"functions/{path.relative_to(FUNCTIONS).as_posix()}": path for path in _sources(package)}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, entries[name].read_bytes())
