"""Deployment of an environment: each stack as a change set that is checked before it is executed."""

import re
from collections.abc import Mapping

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.stacks.cdk_cli import ASSEMBLY, run_cdk, stack_path
from sagemaker_mlops.delivery.stacks.change_set import ChangeSet, Progress
from sagemaker_mlops.delivery.stacks.protection import ENDPOINT
from sagemaker_mlops.delivery.stacks.scaling import NO_SCALING, plan_scaling, suspended_autoscaling
from sagemaker_mlops.delivery.stacks.state import (
    capabilities,
    check_changeable,
    find_stack,
    parameters_of,
    require_bootstrap,
)
from sagemaker_mlops.delivery.stacks.synthesis import synthesize
from sagemaker_mlops.delivery.stacks.unchanged import is_unchanged
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import AUTOSCALING_PARAMETER, GUARDS_PARAMETER, IMAGE_PARAMETER, STACKS

IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9/_.-]+@sha256:[0-9a-f]{64}")
IMAGE_PARAMETERS = {"training": IMAGE_PARAMETER}


def deploy(
    target: Target,
    progress: Progress,
    *,
    image_uri: str = "",
    allowed: frozenset[str] = frozenset(),
    only: str = "",
    synthesized: bool = False,
) -> None:
    """Deploy the stacks of an environment. Stack parameters that are not given keep their values.

    Args:
        target: Environment to deploy.
        progress: Called with progress messages.
        image_uri: Image, by digest, for trainings that start automatically.
        allowed: Logical or physical ids of protected resources that may be removed or replaced.
        only: Deploy only this stack, such as foundation; by default all of them.
        synthesized: Use the templates in build/cdk.out, which another job wrote, instead of synthesizing them.

    Raises:
        DeliveryError: The account is not bootstrapped, a stack is in a failed state, the change would remove or replace
            a protected resource, or CloudFormation could not create a resource. The message has one sentence and the
            command to run.
    """
    _check_image(target, image_uri)
    require_bootstrap(target)
    _refuse_orphans(target)
    _refuse_retained(target)
    for capability in capabilities(target):
        check_changeable(target, capability)
    _provide_templates(progress, synthesized=synthesized)
    for capability in capabilities(target):
        if only in ("", capability):
            _deploy_stack(target, capability, progress, image_uri, allowed)


def _provide_templates(progress: Progress, *, synthesized: bool) -> None:
    if not synthesized:
        progress("synthesizing")
        synthesize()
    elif not (ASSEMBLY / "manifest.json").exists():
        raise DeliveryError(f"expected templates in {ASSEMBLY}, found none. Write them: mlops synth")


def _deploy_stack(target: Target, capability: str, progress: Progress, image_uri: str, allowed: frozenset[str]) -> None:
    stack, before = target.names.stack(capability), find_stack(target, capability)
    scaling = plan_scaling(target) if capability == "serving" else NO_SCALING
    values = {IMAGE_PARAMETERS.get(capability, ""): image_uri, AUTOSCALING_PARAMETER: scaling.wanted}
    if is_unchanged(target, capability, before, {name: value for name, value in values.items() if name and value}):
        progress(f"{stack}: unchanged")
        return
    given = _parameters(stack, values)
    if before is not None and before["StackStatus"] == "ROLLBACK_COMPLETE":
        progress(f"{stack}: its first deployment failed; making it anew")
    change_set = _prepare(target, capability, given)
    if not change_set.is_prepared():
        progress(f"{stack}: unchanged")
        return
    if before is not None and parameters_of(before).get(GUARDS_PARAMETER) == "off" and change_set.touches(ENDPOINT):
        # A rollback leaves the guard alarms off. They must be on again before a new fleet receives traffic.
        given = [*given, *_parameters(stack, {GUARDS_PARAMETER: "on"})]
        change_set = _prepare(target, capability, given)
    change_set.check_protected_resources(allowed)
    progress(f"{stack}: {'creating' if before is None else 'updating'}")
    if scaling.suspends:
        with suspended_autoscaling(target, progress):
            _prepare(target, capability, given).execute(progress)
    else:
        change_set.execute(progress)
    progress(f"{stack}: done")


def _parameters(stack: str, values: Mapping[str, str]) -> list[str]:
    """Return the CDK arguments for the parameters that have a name and a value; the others keep their values."""
    given = [f"{stack}:{name}={value}" for name, value in values.items() if name and value]
    return [word for parameter in given for word in ("--parameters", parameter)]


def _prepare(target: Target, capability: str, given: list[str]) -> ChangeSet:
    change_set = ChangeSet(target, target.names.stack(capability))
    run_cdk(
        target,
        "deploy",
        stack_path(target, capability),
        f"--app={ASSEMBLY}",
        "--exclusively",
        "--method=prepare-change-set",
        f"--change-set-name={change_set.name}",
        "--require-approval=never",
        "--ci",
        *given,
    )
    return change_set


def _check_image(target: Target, image_uri: str) -> None:
    if not image_uri:
        return
    if not target.environment.trains:
        raise DeliveryError(f"{target.name} does not train, so it takes no image; omit --image")
    if not IMAGE.fullmatch(image_uri):
        raise DeliveryError(
            f"expected an image by digest, such as {target.registry.names.image_repository}@sha256:..., found "
            f"{image_uri}. `mlops image build` builds one and writes its address to build/image-uri.txt"
        )


def _refuse_retained(target: Target) -> None:
    """Raise DeliveryError if an earlier destroy retained resources whose names a new stack needs.

    CloudFormation would fail in the middle of the deployment, without naming these resources.
    """
    if find_stack(target, "foundation") is not None:
        return
    present = {bucket["Name"] for bucket in target.client("s3").list_buckets()["Buckets"]}
    names = target.names
    ours = {names.data_bucket, names.artifact_bucket, names.capture_bucket, names.access_log_bucket}
    if ours & present:
        raise DeliveryError(
            f"{', '.join(sorted(ours & present))}: there already, retained by an earlier destroy. Bring them back into "
            "a stack with CloudFormation's import (cdk import), or, if their content is of no use, delete them with "
            f"everything else that was retained: key {names.key_alias}, secret {names.github_secret}, and, where it "
            "trains, model package group, ledger and image repository"
        )


def _refuse_orphans(target: Target) -> None:
    """Raise DeliveryError if a stack exists that the settings no longer include.

    It would silently lose the roles and the key that other stacks provide for it.
    """
    for capability in STACKS:
        if capability not in capabilities(target) and find_stack(target, capability) is not None:
            name, flag = target.names.stack(capability), {"training": "trains", "serving": "serves"}[capability]
            raise DeliveryError(
                f"{name} is deployed, but {target.name} no longer says {flag}: true. Set it again, or delete the stack "
                f"first: aws cloudformation delete-stack --stack-name {name}"
            )


def require_stack(target: Target, capability: str) -> None:
    """Raise DeliveryError if a stack does not exist."""
    if find_stack(target, capability) is None:
        raise DeliveryError(
            f"{target.name} has no stack {target.names.stack(capability)}. {do_first('deploy', target.name)}"
        )
