"""What every command needs: the console, the environment's option, and the target behind it."""

from typing import Annotated

import typer
from rich.console import Console

from sagemaker_mlops.delivery.target import Target, check_account
from sagemaker_mlops.delivery.target import target_of as target_by_name

console = Console(highlight=False, soft_wrap=True)

EnvironmentOption = Annotated[str, typer.Option("--environment", "-e", help="dev, staging or production")]


def target_of(environment: str) -> Target:
    """The environment to work on, once it is sure that the credentials are its account's."""
    target = target_by_name(environment)
    check_account(target)
    return target
