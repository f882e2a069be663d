"""The stacks as they are: which there are, and whether they can be changed now."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import CDK_QUALIFIER

MENDS = {
    "ROLLBACK_FAILED": "its first deployment failed, and so did its rollback; delete it in the CloudFormation console",
    "DELETE_FAILED": "a deletion failed; see its events, then: make destroy ENV={environment}",
    "UPDATE_ROLLBACK_FAILED": (
        "an update and its rollback failed; mend the cause that its events name, then: "
        "aws cloudformation continue-update-rollback --stack-name {stack}"
    ),
}


OLDEST_BOOTSTRAP = 21


def bootstrap_version(target: Target) -> int | None:
    """The version of CDK's bootstrap in the account and region; None if there is none."""
    ssm = target.client("ssm")
    try:
        answer = ssm.get_parameter(Name=f"/cdk-bootstrap/{CDK_QUALIFIER}/version")
    except ssm.exceptions.ParameterNotFound:
        return None
    return int(answer["Parameter"]["Value"])


def require_bootstrap(target: Target) -> None:
    """Raise DeliveryError if the account is not bootstrapped for CDK, or too long ago."""
    version = bootstrap_version(target)
    if version is None or version < OLDEST_BOOTSTRAP:
        found = "is not bootstrapped" if version is None else f"has bootstrap version {version}, too old"
        raise DeliveryError(
            f"the account {target.environment.account} {found} for CDK in {target.environment.region}. "
            f"{do_first('bootstrap', target.name)}"
        )


def capabilities(target: Target) -> list[str]:
    """The stacks that an environment has, in the order in which they are deployed."""
    environment = target.environment
    wanted = {"training": environment.trains, "serving": environment.serves}
    return [name for name in ("foundation", "training", "serving", "monitoring") if wanted.get(name, True)]


def find_stack(target: Target, capability: str) -> Mapping[str, Any] | None:
    """A stack, or None."""
    try:
        answer = target.client("cloudformation").describe_stacks(StackName=target.names.stack(capability))
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    stack: Mapping[str, Any] = answer["Stacks"][0]
    return stack


def deployed_template(target: Target, capability: str) -> Mapping[str, Any]:
    """Return the template of a deployed stack as it was given to CloudFormation; empty if it was never deployed."""
    stack = find_stack(target, capability)
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return {}
    answer = target.client("cloudformation").get_template(StackName=stack["StackName"], TemplateStage="Original")
    template: Mapping[str, Any] = answer["TemplateBody"]
    return template


def parameters_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """The values of a stack's parameters."""
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", [])}


def check_changeable(target: Target, capability: str) -> None:
    """Raise DeliveryError, which says what to do, if the stack is in a state that nothing can change."""
    stack = find_stack(target, capability)
    status = stack["StackStatus"] if stack else ""
    name = target.names.stack(capability)
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeliveryError(f"{name} is {status}: somebody changes it at this moment; try again when that has ended")
    if status in MENDS:
        raise DeliveryError(f"{name} is {status}: {MENDS[status].format(stack=name, environment=target.name)}")
