"""Check that a commit is still the newest one: its checks may finish after those of a later commit."""

from sagemaker_mlops.delivery.github.repository import Repository
from sagemaker_mlops.delivery.gitops.deployment_file import FOLDER


def superseded_by(repository: Repository, commit: str) -> str:
    """Return the reason why a commit must not be deployed any more, or an empty string if it may be.

    Later commits that only change deployment files do not count: `release` handles them, not `deliver`.
    """
    comparison = repository.compare(commit)
    if not comparison.is_ahead:
        return f"commit {commit[:12]} is no longer on main"
    newer = [file for file in comparison.files if not file.startswith(FOLDER)]
    return f"main has a newer commit than {commit[:12]}, which changes {newer[0]}" if newer else ""
