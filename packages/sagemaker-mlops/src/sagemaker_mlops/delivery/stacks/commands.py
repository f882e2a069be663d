"""`python -m sagemaker_mlops.delivery stacks COMMAND`: an environment's stacks: deploy, compare, destroy, examine."""

from pathlib import Path
from typing import Annotated

import typer

from sagemaker_mlops.delivery.command_line import EnvironmentOption, console
from sagemaker_mlops.delivery.doctor import Finding, examine
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.first_contact.walk import walk
from sagemaker_mlops.delivery.github.app import read_app_key
from sagemaker_mlops.delivery.stacks import cdk_cli
from sagemaker_mlops.delivery.stacks.deploy import deploy as deploy_stacks
from sagemaker_mlops.delivery.stacks.destroy import destroy as destroy_stacks
from sagemaker_mlops.delivery.stacks.difference import show_difference
from sagemaker_mlops.delivery.stacks.state import require_bootstrap
from sagemaker_mlops.delivery.target import check_account, target_of
from sagemaker_mlops.environments.names import STACKS

WITH_IDS = f"Before GitHub can use them: {do_first('ids')}, then deploy again"
infrastructure = typer.Typer(no_args_is_help=True, help="The CloudFormation stacks of an environment.")


def _tell(text: str) -> None:
    console.print(text, markup=False)


@infrastructure.command("synth")
def synth() -> None:
    """Write the templates of every environment. Needs neither credentials nor network."""
    _tell(f"templates: {cdk_cli.synthesize()}")


@infrastructure.command("bootstrap")
def bootstrap(environment: EnvironmentOption = "dev") -> None:
    """Prepare an account and region for CDK; once, and again when CDK asks for a newer version."""
    target = target_of(environment)
    check_account(target)
    cdk_cli.bootstrap(target)


@infrastructure.command("diff")
def diff(environment: EnvironmentOption = "dev") -> None:
    """Show what a deployment would change."""
    target = target_of(environment)
    check_account(target)
    require_bootstrap(target)
    cdk_cli.synthesize()
    show_difference(target)


@infrastructure.command("deploy")
def deploy(
    environment: EnvironmentOption = "dev",
    image: Annotated[str, typer.Option(help="image that schedule, new data and drift train with")] = "",
    allow: Annotated[
        list[str] | None, typer.Option(help="protected resource that may be removed or replaced (its id)")
    ] = None,
    only: Annotated[str, typer.Option(help="one stack, such as foundation; default: all of them")] = "",
    synthesized: Annotated[bool, typer.Option(help="use the templates in build/cdk.out as they are")] = False,
) -> None:
    """Bring the stacks up to date; refuses to remove or replace what serves or holds data, unless it is named."""
    target = target_of(environment)
    check_account(target)
    if only and only not in STACKS:
        raise DeliveryError(f"expected one of {', '.join(STACKS)}, found {only}")
    deploy_stacks(target, _tell, image_uri=image, allowed=frozenset(allow or []), only=only, synthesized=synthesized)
    if target.settings.github.owner_id is None:
        _tell(f"note: new repositories present their ids to AWS, and these roles do not trust them. {WITH_IDS}")
    _tell(f"{environment} is deployed; what is still missing: make doctor")


@infrastructure.command("destroy")
def destroy(
    environment: EnvironmentOption = "dev",
    confirm: Annotated[str, typer.Option(help="full name of the environment, to be sure")] = "",
    with_registry: Annotated[bool, typer.Option(help="even if versions of its registry were released")] = False,
) -> None:
    """Delete the stacks: schedules, endpoint, training, then data as retain_data says."""
    target = target_of(environment)
    check_account(target)
    for retained in destroy_stacks(target, _tell, confirm, with_registry=with_registry):
        _tell(f"retained: {retained}")
    _tell(f"{environment} has no stacks any more; the account stays bootstrapped")


@infrastructure.command("doctor")
def doctor(
    environment: Annotated[
        str, typer.Option("--environment", "-e", help="one environment in detail; default: the path from step 1 on")
    ] = "",
    app_id: Annotated[str, typer.Option(help="look at this GitHub App, too: its client id")] = "",
    key_file: Annotated[Path | None, typer.Option(help="the App's private key")] = None,
) -> None:
    """Walk along the steps of FIRST-CONTACT.md and name the next one; or look at one environment in detail.

    Exit code 1: an error, such as a quota that is too small. A step that is not done yet is none.
    """
    findings = _findings_of(environment) if environment else _walk(app_id, key_file)
    raise typer.Exit(1 if any(finding.verdict == "error" for finding in findings) else 0)


def _findings_of(environment: str) -> list[Finding]:
    found = []
    for finding in examine(target_of(environment)):
        _tell(str(finding))
        found.append(finding)
    return found


def _walk(app_id: str, key_file: Path | None) -> list[Finding]:
    key = read_app_key(app_id, key_file) if app_id and key_file else None
    found = walk(target_of("dev").settings, key)
    for line in (*found.progress, *found.findings, found.next_line):
        _tell(str(line))
    return found.findings
