"""Options that many commands share, and the environment that they work on."""

from typing import Annotated

import typer

from sagemaker_mlops.delivery.target import Target, check_account
from sagemaker_mlops.delivery.target import target_of as target_by_name

EnvironmentOption = Annotated[
    str, typer.Option("--environment", "-e", envvar="MLOPS_ENVIRONMENT", help="dev, staging or production")
]
ArnArgument = Annotated[str | None, typer.Argument(help="ARN of a version, see: mlops versions", show_default=False)]
VersionArgument = Annotated[str, typer.Argument(help="ARN of a version, see: mlops versions")]


def target_of(environment: str) -> Target:
    """Return an environment by name.

    Raises DeliveryError if the environment is unknown or the credentials are of another account.
    """
    target = target_by_name(environment)
    check_account(target)
    return target
