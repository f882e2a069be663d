"""Change of the instance type of an endpoint with autoscaling, which requires to deregister it first.

"If the update would change the instance type for any model that is a target for auto scaling, the update fails."
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks.cdk_cli import synthesized_template
from sagemaker_mlops.delivery.stacks.change_set import ChangeSet, Progress, StackRolledBack
from sagemaker_mlops.delivery.stacks.state import deployed_template, find_stack, parameters_of
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import AUTOSCALING_PARAMETER, PACKAGE_PARAMETER

SCALABLE_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
ENDPOINT_CONFIG = "AWS::SageMaker::EndpointConfig"
Template = Mapping[str, Any]


@dataclass(frozen=True)
class ScalingPlan:
    """Autoscaling during a deployment of the serving stack."""

    wanted: str  # value of the parameter during the deployment; empty if the template has no such parameter
    suspends: bool  # True if the endpoint is deregistered first and registered again afterwards


NO_SCALING = ScalingPlan(wanted="", suspends=False)


def plan_scaling(target: Target) -> ScalingPlan:
    """Compare the deployed serving stack with the synthesized template and return the autoscaling plan.

    An interrupted deployment leaves autoscaling off; the next deployment enables it again.

    Raises:
        DeliveryError: The instance type changes, but the deployed stack has no parameter to disable autoscaling.
    """
    synthesized = synthesized_template(target, "serving")
    stack = find_stack(target, "serving")
    parameters = parameters_of(stack) if stack else {}
    deployed = deployed_template(target, "serving") if parameters.get(PACKAGE_PARAMETER) else {}
    suspends = bool(_of_type(deployed, SCALABLE_TARGET)) and instance_type(deployed) != instance_type(synthesized)
    if suspends and AUTOSCALING_PARAMETER not in parameters:
        raise DeliveryError(
            f"{target.names.endpoint} scales. Its instance type can only be changed while it is no scalable target. "
            f"The stack has no parameter {AUTOSCALING_PARAMETER} to switch that off. Deploy once with "
            f"instance_type: {instance_type(deployed)}, then change it"
        )
    has_parameter = AUTOSCALING_PARAMETER in synthesized.get("Parameters", {})
    return ScalingPlan(("off" if suspends else "on") if has_parameter else "", suspends)


def instance_type(template: Template) -> str | None:
    """Return the endpoint's instance type in a template; None without endpoint or for a serverless one."""
    for resource in _of_type(template, ENDPOINT_CONFIG):
        found: str | None = resource["Properties"]["ProductionVariants"][0].get("InstanceType")
        return found
    return None


def _of_type(template: Template, kind: str) -> list[Mapping[str, Any]]:
    return [resource for resource in template.get("Resources", {}).values() if resource["Type"] == kind]


@contextmanager
def suspended_autoscaling(target: Target, progress: Progress) -> Iterator[None]:
    """Deregister the endpoint from autoscaling, and register it again after the change or its rollback."""
    progress(f"{target.names.endpoint}: deregistering it from autoscaling until its instance type is changed")
    _set_autoscaling(target, "off", progress)
    try:
        yield
    except StackRolledBack:
        try:
            _set_autoscaling(target, "on", progress)
        except DeliveryError as error:
            progress(f"autoscaling stays off ({error}); switch it on: mlops deploy -e {target.name}")
        raise
    _set_autoscaling(target, "on", progress)
    progress(f"{target.names.endpoint}: its instance type is changed")


def _set_autoscaling(target: Target, value: str, progress: Progress) -> None:
    """Set the autoscaling parameter of the deployed stack, if the stack has it with another value."""
    stack = find_stack(target, "serving")
    if stack is None or parameters_of(stack).get(AUTOSCALING_PARAMETER, value) == value:
        return
    change_set = ChangeSet(target, target.names.stack("serving"))
    if change_set.create_with_parameters({AUTOSCALING_PARAMETER: value}):
        change_set.execute(progress)
