"""Deploy an environment: stack by stack, each as a change set that is looked at before it is executed."""

from delivery.errors import DeliveryError
from delivery.stacks.cdk_cli import ASSEMBLY, run_cdk, synthesize
from delivery.stacks.change_set import NAME, ChangeSet, Progress
from delivery.stacks.state import capabilities, check_changeable, find_stack, require_bootstrap
from delivery.target import Target

IMAGE_PARAMETERS = {"training": "ImageUri"}


def deploy(target: Target, progress: Progress, *, image_uri: str = "", allowed: frozenset[str] = frozenset()) -> None:
    """Bring an environment's stacks up to date. Parameters that are not given keep their values.

    Raises DeliveryError with one sentence and the command to run: not bootstrapped, a stack in a failed state,
    a change that would harm what is protected, or a resource that CloudFormation could not make.
    """
    require_bootstrap(target)
    for capability in capabilities(target):
        check_changeable(target, capability)
    progress("synthesizing")
    synthesize()
    for capability in capabilities(target):
        _deploy_stack(target, capability, progress, image_uri, allowed)


def _deploy_stack(target: Target, capability: str, progress: Progress, image_uri: str, allowed: frozenset[str]) -> None:
    stack = target.names.stack(capability)
    parameter = IMAGE_PARAMETERS.get(capability)
    given = ["--parameters", f"{stack}:{parameter}={image_uri}"] if parameter and image_uri else []
    before = find_stack(target, capability)
    if before is not None and before["StackStatus"] == "ROLLBACK_COMPLETE":
        progress(f"{stack}: its first deployment failed; making it anew")
    run_cdk(
        target,
        "deploy",
        f"{target.name}/{capability.title()}",
        f"--app={ASSEMBLY}",
        "--exclusively",
        "--method=prepare-change-set",
        f"--change-set-name={NAME}",
        "--require-approval=never",
        "--ci",
        *given,
    )
    change_set = ChangeSet(target, stack)
    if not change_set.is_prepared():
        progress(f"{stack}: unchanged")
        return
    change_set.refuse_dangers(allowed)
    progress(f"{stack}: {'creating' if before is None else 'updating'}")
    change_set.execute(progress)
    progress(f"{stack}: done")


def require_stack(target: Target, capability: str) -> None:
    """Raise DeliveryError if a stack that a command needs is not there."""
    if find_stack(target, capability) is None:
        raise DeliveryError(
            f"{target.name} has no stack {target.names.stack(capability)}. Deploy it: make deploy ENV={target.name}"
        )
