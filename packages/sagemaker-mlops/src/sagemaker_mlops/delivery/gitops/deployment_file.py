"""File `deployments/<environment>.yaml`, which records in git the version that an environment serves."""

from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from sagemaker_mlops.contract.features import Frozen
from sagemaker_mlops.delivery.errors import ReleaseRefused
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.registry import NONE
from sagemaker_mlops.project import ROOT

FOLDER = "deployments/"
DIRECTORY = ROOT / FOLDER
ARN = r"^(none|arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:\d{12}:model-package/[A-Za-z0-9-]+/[1-9]\d*)$"
HEADER = """\
# Which model version {environment} serves. A release is a commit to this file, a rollback is its revert.
# `mlops release -e {environment}` reads it when no ARN is given; `mlops status` compares it with what serves.
"""


class DeploymentFile(Frozen):
    """Content of the file."""

    model_package_arn: Annotated[str, Field(pattern=ARN, description="ARN of a version in the registry, or none")]


def file_path(environment: str) -> str:
    """Return the path of the file in the repository."""
    return f"{FOLDER}{environment}.yaml"


def file_text(environment: str, arn: str) -> str:
    """Return the text of a file that records a version."""
    return HEADER.format(environment=environment) + f"model_package_arn: {arn}\n"


def parse_file(text: str, environment: str) -> str:
    """Return the ARN in the text of a file, or `none`. Raise ReleaseRefused if the text has any other content."""
    name = file_path(environment)
    try:
        return DeploymentFile.model_validate(yaml.safe_load(text)).model_package_arn
    except (yaml.YAMLError, ValueError) as error:
        found = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "something else than YAML"
        raise ReleaseRefused(
            f"expected `model_package_arn:` with the ARN of a version, or none, in {name}, and nothing else; found: "
            f"{found}. See: mlops versions"
        ) from None


def recorded_version(environment: str) -> str:
    """Return the ARN in the checked-out file, or `none` without a file. Raise ReleaseRefused if it is invalid."""
    path = DIRECTORY / f"{environment}.yaml"
    return parse_file(path.read_text(encoding="utf-8"), environment) if path.exists() else NONE


def version_to_release(environment: str) -> str:
    """Return the ARN in the checked-out file. Raise ReleaseRefused if there is none."""
    arn = recorded_version(environment)
    if arn == NONE:
        raise ReleaseRefused(
            f"expected a version as an argument or in {file_path(environment)}, found none. See: mlops versions. "
            f"Before the first one: {do_first('version')}"
        )
    return arn
