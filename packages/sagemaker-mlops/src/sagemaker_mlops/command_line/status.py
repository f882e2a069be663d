"""Commands that compare git, stack, endpoint and registry, and start what was missed."""

from collections.abc import Mapping
from typing import Any

import typer
from rich.table import Table

from sagemaker_mlops.command_line.github_access import promotion_of
from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import Result, console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.gitops import reconcile as reconciling
from sagemaker_mlops.delivery.gitops.difference import rows
from sagemaker_mlops.delivery.gitops.outputs import write_outputs

DIFFERS = 3

application = typer.Typer()


@command(application, "status")
def status(environment: EnvironmentOption = "production") -> Result:
    """Compare git, stack, endpoint and registry, and print how to resolve a difference.

    Exit code 3: they differ.
    """
    target = target_of(environment)
    reconciling.require_serving(target)
    deployment, found = reconciling.look(target, promotion_of(target, environment))
    table = Table("place", "version", box=None)
    for row in rows(deployment):
        table.add_row(*row)
    console.print(table)
    document = {"deployment": dict(rows(deployment)), "differences": [one.text for one in found]}
    write_outputs("status", document)
    for one in found:
        console.print(f"differs: {one.text}", style="red", markup=False)
    if not found:
        say("they agree")
    return Result(document, DIFFERS if found else 0)


@command(application, "reconcile")
def reconcile(environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Start the workflow of every event that was lost. Repeating it starts nothing twice."""
    target = target_of(environment)
    reconciling.require_serving(target)
    promotion = promotion_of(target, environment)
    _, found = reconciling.look(target, promotion)
    started = reconciling.reconcile(target, promotion, found, say)
    document = {"started": started, "differences": [one.text for one in found]}
    write_outputs("reconcile", document)
    say(f"started: {', '.join(started)}" if started else "nothing to start: no event was lost")
    return document
