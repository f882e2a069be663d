"""What commands need to work on the repository: its client, and the promotion of an environment."""

import os

from sagemaker_mlops.command_line.options import target_of
from sagemaker_mlops.command_line.output import say
from sagemaker_mlops.delivery.github.client import github_client
from sagemaker_mlops.delivery.github.repository import Repository
from sagemaker_mlops.delivery.gitops.promotion import Promotion
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.delivery.target import target_of as target_by_name


def registry_target() -> Target:
    """Return the environment that holds the model registry, with credentials of its account."""
    return target_of(target_by_name("production").settings.registry_environment)


def repository_of(target: Target) -> Repository:
    """Return the repository of the project."""
    github = target.settings.github
    return Repository(github_client(github), github.delivery_login)


def promotion_of(target: Target, environment: str) -> Promotion:
    """Return what proposes and reverts versions of an environment."""
    return Promotion(target.registry, repository_of(target), environment, say)


def run_url() -> str:
    """Return the page of the workflow run that calls the command; empty outside a workflow."""
    parts = [os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""
