"""Detection of stacks that a deployment would not change, so that CDK need not be called for them."""

from collections.abc import Mapping
from typing import Any

from sagemaker_mlops.delivery.stacks.cdk_cli import synthesized_template
from sagemaker_mlops.delivery.stacks.deployer import deployer_client
from sagemaker_mlops.delivery.stacks.state import parameters_of
from sagemaker_mlops.delivery.target import Target

# After a rollback the stack has its old template.
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


def is_unchanged(
    target: Target, capability: str, stack: Mapping[str, Any] | None, parameters: Mapping[str, str]
) -> bool:
    """Return True if a stack has the synthesized template and the given parameter values already.

    CDK's own command line skips a stack by the same comparison. Assets are part of it, because a template contains
    their hashes. CDK's deploy role may read templates (statement CliPermissions of the bootstrap template).

    Args:
        target: Environment of the stack.
        capability: Name of the stack, such as foundation.
        stack: Description of the stack; None before its first deployment.
        parameters: Values of the parameters that the deployment sets.
    """
    if stack is None or stack["StackStatus"] not in SETTLED:
        return False
    present = parameters_of(stack)
    if any(present.get(name) != value for name, value in parameters.items()):
        return False
    client = deployer_client(target, "cloudformation")
    answer = client.get_template(StackName=stack["StackName"], TemplateStage="Original")
    return bool(answer["TemplateBody"] == synthesized_template(target, capability))
