"""Commands about the versions of the model registry."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from sagemaker_mlops.command_line.options import ArnArgument, EnvironmentOption, VersionArgument, target_of
from sagemaker_mlops.command_line.output import console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery import registry
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first

application = typer.Typer()


@command(application, "versions")
def versions(environment: EnvironmentOption = "dev") -> Mapping[str, Any]:
    """List the versions in the model registry."""
    found = registry.list_versions(target_of(environment))
    champion = registry.champion_of(found)
    table = Table("version", "approval", "window", "cause", "serves production", box=None)
    documents = []
    for version in found:
        serves = champion is not None and champion.arn == version.arn
        window = [version.metadata.get(key) for key in ("window_start", "window_end")]
        cause = version.metadata.get("trigger", "")
        shown_window = f"{window[0]} to {window[1]}"
        table.add_row(str(version.number), version.approval, shown_window, cause, "yes" if serves else "")
        documents.append(
            {
                "version": version.number,
                "model_package_arn": version.arn,
                "approval": version.approval,
                "window": window,
                "cause": cause,
                "serves_production": serves,
            }
        )
    console.print(table)
    for version in found:  # the table would cut an ARN
        say(f"version {version.number}: {version.arn}")
    return {"versions": documents}


@command(application, "approve")
def approve(
    model_package_arn: ArnArgument = None,
    reason: Annotated[
        str, typer.Option(help="kept in the registry with the approval")
    ] = "approved on the command line",
    environment: EnvironmentOption = "dev",
) -> Mapping[str, Any]:
    """Approve a version; without an ARN, the newest one."""
    target = target_of(environment)
    versions = [] if model_package_arn else registry.list_versions(target)
    if not model_package_arn and not versions:
        raise DeliveryError(f"expected a version in the registry, found none. {do_first('version', environment)}")
    version = registry.approve(target, model_package_arn or versions[0].arn, reason)
    say(f"approved: version {version.number}, {version.arn}")
    return {"version": version.number, "model_package_arn": version.arn}


@command(application, "reject")
def reject(
    model_package_arn: VersionArgument,
    reason: Annotated[
        str, typer.Option(help="kept in the registry with the rejection")
    ] = "rejected on the command line",
    environment: EnvironmentOption = "dev",
) -> Mapping[str, Any]:
    """Reject a version. If it is served, a workflow opens the pull request that rolls it back."""
    version = registry.reject(target_of(environment), model_package_arn, reason)
    say(f"rejected: version {version.number}, {version.arn}")
    return {"version": version.number, "model_package_arn": version.arn}
