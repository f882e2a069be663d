"""Check that the installed library is the project's."""

from collections.abc import Iterator
from pathlib import Path

from sagemaker_mlops.project import ROOT

NEXT_STEP = "run: make setup"


def outdated_parts(root: Path = ROOT) -> Iterator[str]:
    """Yield a warning for each installed part that is older than its sources in the project."""
    localcloud = root / "packages" / "localcloud"
    sources = {
        "the installed library is older than packages/sagemaker-mlops": (
            root / ".venv" / ".ready",
            (root / "packages" / "sagemaker-mlops" / "src").rglob("*.*"),
        ),
        "the installed packages are older than requirements/dev.txt": (
            root / ".venv" / ".packages",
            (root / "requirements").glob("dev.txt"),
        ),
        "the installed local cloud is older than packages/localcloud": (
            localcloud / ".venv" / ".ready",
            (localcloud / "src").rglob("*.*"),
        ),
    }
    for text, (installed, paths) in sources.items():
        # Bytecode is written by whoever imports the sources.
        changed = (path.stat().st_mtime for path in paths if path.suffix != ".pyc")
        if installed.exists() and max(changed, default=0.0) > installed.stat().st_mtime:
            yield f"{text}; {NEXT_STEP}"
