"""Which sources a compiled definition was made from, so that `make check` notices a forgotten `make compile`.

Compiling needs the SageMaker SDK (1 GB); comparing hashes needs nothing.
"""

import hashlib
import json
from pathlib import Path

CODE = Path(__file__).parent
SOURCES = (
    CODE / "training.py",
    CODE / "monitoring.py",
    CODE / "placeholders.py",
    *sorted((CODE / "parts").glob("*.py")),
    CODE.parent / "requirements" / "compile.txt",
)
RECORD = CODE / "compiled_sources.json"


def source_hashes() -> dict[str, str]:
    """Hash of every source by its path."""
    return {path.relative_to(CODE.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in SOURCES}


def record_sources() -> None:
    """Note the sources of the definitions that were just compiled."""
    RECORD.write_text(json.dumps(source_hashes(), indent=2) + "\n", encoding="utf-8")


def changed_sources() -> list[str]:
    """Paths of the sources that changed since the definitions were compiled."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return [name for name, digest in source_hashes().items() if recorded.get(name) != digest]
