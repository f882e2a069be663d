"""State of the deployed stacks, and checks that they can be changed."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import CDK_QUALIFIER

RECOVERY_COMMANDS = {
    "ROLLBACK_FAILED": "its first deployment failed, and so did its rollback; delete it in the CloudFormation console",
    "DELETE_FAILED": "a deletion failed; see its events, then: mlops destroy -e {environment}",
    "UPDATE_ROLLBACK_FAILED": (
        "an update and its rollback failed; fix the cause that its events name, then: "
        "aws cloudformation continue-update-rollback --stack-name {stack}"
    ),
}


OLDEST_BOOTSTRAP = 21


def bootstrap_version(target: Target) -> int | None:
    """Return the version of the CDK bootstrap stack in the account and region; None without one."""
    ssm = target.client("ssm")
    try:
        answer = ssm.get_parameter(Name=f"/cdk-bootstrap/{CDK_QUALIFIER}/version")
    except ssm.exceptions.ParameterNotFound:
        return None
    return int(answer["Parameter"]["Value"])


def require_bootstrap(target: Target) -> None:
    """Raise DeliveryError if the account has no CDK bootstrap stack, or one older than OLDEST_BOOTSTRAP."""
    version = bootstrap_version(target)
    if version is None or version < OLDEST_BOOTSTRAP:
        found = "is not bootstrapped" if version is None else f"has bootstrap version {version}, too old"
        raise DeliveryError(
            f"the account {target.environment.account} {found} for CDK in {target.environment.region}. "
            f"{do_first('bootstrap', target.name)}"
        )


def capabilities(target: Target) -> list[str]:
    """Return the stacks of an environment in the order of their deployment, such as foundation and serving."""
    environment = target.environment
    wanted = {"training": environment.trains, "serving": environment.serves}
    return [name for name in ("foundation", "training", "serving", "monitoring") if wanted.get(name, True)]


def find_stack(target: Target, capability: str) -> Mapping[str, Any] | None:
    """Return the description of a stack, or None if it does not exist."""
    try:
        answer = target.client("cloudformation").describe_stacks(StackName=target.names.stack(capability))
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    stack: Mapping[str, Any] = answer["Stacks"][0]
    return stack


def deployed_template(target: Target, capability: str) -> Mapping[str, Any]:
    """Return the original template of a deployed stack; empty if it was never deployed."""
    stack = find_stack(target, capability)
    if stack is None or stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        return {}
    answer = target.client("cloudformation").get_template(StackName=stack["StackName"], TemplateStage="Original")
    template: Mapping[str, Any] = answer["TemplateBody"]
    return template


def parameters_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameter values of a stack by name."""
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", [])}


def check_changeable(target: Target, capability: str) -> None:
    """Raise DeliveryError with the next step if the status of a stack does not allow an update."""
    stack = find_stack(target, capability)
    status = stack["StackStatus"] if stack else ""
    name = target.names.stack(capability)
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        raise DeliveryError(f"{name} is {status}: somebody changes it at this moment; try again when that has ended")
    if status in RECOVERY_COMMANDS:
        raise DeliveryError(
            f"{name} is {status}: {RECOVERY_COMMANDS[status].format(stack=name, environment=target.name)}"
        )
