"""The commit that is checked out."""

import subprocess

from sagemaker_mlops.project import ROOT

UNKNOWN_COMMIT = "unknown"


def checked_out_commit() -> str:
    """Return the hash of the commit that is checked out, or `unknown` outside a git repository."""
    words = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN_COMMIT
    return found.stdout.strip()
