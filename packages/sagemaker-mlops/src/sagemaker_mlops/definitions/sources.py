"""Hashes of the sources of the compiled definitions, by which `make check` detects outdated ones.

Compiling (`make compile`) needs the SageMaker SDK (1 GB). Comparing hashes needs no additional package.
"""

import hashlib
import json

from sagemaker_mlops.project import ROOT

CODE = ROOT / "pipelines"
SOURCES = (
    CODE / "training.py",
    CODE / "monitoring.py",
    *sorted((CODE / "parts").glob("*.py")),
    CODE.parent / "requirements" / "compile.txt",
)
RECORD = CODE / "compiled_sources.json"


def source_hashes() -> dict[str, str]:
    """Return the hash of each source by its path."""
    return {path.relative_to(CODE.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in SOURCES}


def record_sources() -> None:
    """Record the hashes of the sources whose definitions were just compiled."""
    RECORD.write_text(json.dumps(source_hashes(), indent=2) + "\n", encoding="utf-8")


def changed_sources() -> list[str]:
    """Return the paths of the sources that have changed since the definitions were compiled."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return [name for name, digest in source_hashes().items() if recorded.get(name) != digest]
