"""Commands about the CloudFormation stacks of an environment."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import JsonMode, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.stacks import cdk_cli
from sagemaker_mlops.delivery.stacks.deploy import deploy as deploy_stacks
from sagemaker_mlops.delivery.stacks.destroy import destroy as destroy_stacks
from sagemaker_mlops.delivery.stacks.difference import difference_text, show_difference
from sagemaker_mlops.delivery.stacks.state import require_bootstrap
from sagemaker_mlops.delivery.stacks.synthesis import synthesize
from sagemaker_mlops.environments.names import STACKS

WITHOUT_IDS = "note: GitHub presents the ids of new repositories to AWS, and these roles do not trust them yet"

application = typer.Typer()


@command(application, "synth")
def synth() -> Mapping[str, Any]:
    """Write the CloudFormation templates of every environment. Needs no credentials."""
    folder = str(synthesize())
    say(f"templates: {folder}")
    return {"templates": folder}


@command(application, "bootstrap")
def bootstrap(environment: EnvironmentOption = "dev") -> Mapping[str, Any]:
    """Prepare an account and region for CDK: once, and again when CDK asks for a newer version."""
    target = target_of(environment)
    cdk_cli.bootstrap(target, shown=not JsonMode.is_on)
    return {"account": target.environment.account, "region": target.environment.region}


@command(application, "diff")
def diff(environment: EnvironmentOption = "dev") -> Mapping[str, Any]:
    """Show what a deployment would change."""
    target = target_of(environment)
    require_bootstrap(target)
    synthesize()
    if JsonMode.is_on:
        return {"difference": difference_text(target)}
    show_difference(target)
    return {}


@command(application, "deploy")
def deploy(
    environment: EnvironmentOption = "dev",
    image: Annotated[
        str, typer.Option(help="image of trainings that start automatically; default: as deployed", show_default=False)
    ] = "",
    allow: Annotated[
        list[str] | None,
        typer.Option(help="id of a protected resource that may be removed or replaced", show_default=False),
    ] = None,
    only: Annotated[str, typer.Option(help="one stack, such as foundation; default: all", show_default=False)] = "",
    synthesized: Annotated[
        bool, typer.Option("--synthesized", help="use the templates in build/cdk.out as they are")
    ] = False,
) -> Mapping[str, Any]:
    """Create or update the stacks of an environment.

    Refuses to remove or replace a resource that serves or holds data, unless --allow names it.
    """
    target = target_of(environment)
    if only and only not in STACKS:
        raise DeliveryError(f"expected one of {', '.join(STACKS)}, found {only}")
    deploy_stacks(target, say, image_uri=image, allowed=frozenset(allow or []), only=only, synthesized=synthesized)
    if target.settings.github.owner_id is None:
        say(f"{WITHOUT_IDS}. Before GitHub can use them: {do_first('ids')}, then deploy again")
    say(f"{environment} is deployed; what is still missing: mlops doctor")
    return {"environment": environment, "stacks": [target.names.stack(name) for name in ([only] if only else STACKS)]}


@command(application, "destroy")
def destroy(
    environment: EnvironmentOption = "dev",
    confirm: Annotated[str, typer.Option(help="full name of the environment", show_default=False)] = "",
    with_registry: Annotated[
        bool, typer.Option("--with-registry", help="delete its model registry even if versions were released")
    ] = False,
) -> Mapping[str, Any]:
    """Delete the stacks of an environment: schedules, endpoint, training, then data as retain_data says."""
    target = target_of(environment)
    retained = list(destroy_stacks(target, say, confirm, with_registry=with_registry))
    for resource in retained:
        say(f"retained: {resource}")
    say(f"{environment} has no stacks any more; the account stays bootstrapped")
    return {"environment": environment, "retained": retained}
