"""Whether a commit may still be deployed: checks of two commits end in any order, deployments must not."""

from sagemaker_mlops.delivery.github.repository import Repository
from sagemaker_mlops.delivery.gitops.deployment_file import FOLDER


def superseded_by(repository: Repository, commit: str) -> str:
    """What main has instead of a commit, in words; empty if the commit is what is to be deployed.

    What only says which version serves is no newer commit: it is released, not delivered.
    """
    comparison = repository.compare(commit)
    if not comparison.is_ahead:
        return f"commit {commit[:12]} is not on main any more"
    newer = [file for file in comparison.files if not file.startswith(FOLDER)]
    return f"main has a newer commit than {commit[:12]}, which changes {newer[0]}" if newer else ""
