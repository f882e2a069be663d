"""The git work tree of the project."""

import subprocess
from pathlib import Path

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.project import ROOT

UNKNOWN_COMMIT = "unknown"


def git(root: Path, *words: str) -> str:
    """Run git in a folder and return what it printed. Raise DeliveryError if it fails or is not installed."""
    try:
        # A list of words, read by no shell; git is the one on the PATH.
        result = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise DeliveryError(f"expected git on the PATH: {error}") from None
    if result.returncode:
        raise DeliveryError(f"git {words[0]} failed in {root}: {result.stderr.strip()}")
    return result.stdout


def checked_out_commit() -> str:
    """Return the hash of the commit that is checked out, or `unknown` outside a git repository."""
    try:
        return git(ROOT, "rev-parse", "HEAD").strip()
    except DeliveryError:
        return UNKNOWN_COMMIT
