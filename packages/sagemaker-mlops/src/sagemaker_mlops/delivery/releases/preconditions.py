"""What must be true before a release begins. Each refusal says what was expected, what was found, and what to do."""

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.registry import ModelVersion, describe_version
from sagemaker_mlops.delivery.releases.guard_alarms import firing_guards
from sagemaker_mlops.delivery.releases.serving_state import ServingState
from sagemaker_mlops.delivery.releases.smoke_records import smoke_test_uri
from sagemaker_mlops.delivery.s3_objects import object_exists
from sagemaker_mlops.delivery.stacks.deploy import require_stack
from sagemaker_mlops.delivery.stacks.state import check_changeable, find_stack
from sagemaker_mlops.delivery.target import Target

NEVER_DEPLOYED = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")
BASELINES = {
    "ModelDataQuality": ("Statistics", "Constraints"),
    "ModelQuality": ("Statistics", "Constraints"),
    "Bias": ("PostTrainingConstraints",),
    "Explainability": ("Constraints",),
}


def releasable_version(target: Target, arn: str) -> ModelVersion:
    """The version, if it may serve at all: of the project's registry, there, approved. Raises ReleaseRefused."""
    if not target.environment.serves:
        raise ReleaseRefused(
            f"{target.name} does not serve; set serves: true in the environments file, or choose another"
        )
    group = target.registry.names.model_package_group
    if arn.rsplit("/", 1)[0] != target.registry.names.arn("sagemaker", f"model-package/{group}"):
        raise ReleaseRefused(f"expected a version of the group {group}, found {arn}. See: make versions")
    try:
        version = describe_version(target, arn)
    except DeliveryError:
        raise ReleaseRefused(
            f"expected a version of the registry, found none at {arn}; it was deleted, or never there. "
            "See: make versions"
        ) from None
    if version.approval != "Approved":
        advice = "choose another: make versions" if version.approval == "Rejected" else f"make approve ARN={arn}"
        raise ReleaseRefused(
            f"version {version.number} is {version.approval}, only an approved one is released; {advice}"
        )
    try:
        require_stack(target, "serving")
    except DeliveryError as error:
        raise ReleaseRefused(str(error)) from None
    return version


def check_release(target: Target, version: ModelVersion, state: ServingState, *, rollback: bool) -> None:
    """Raise ReleaseRefused unless the version may take the place of what serves, now.

    An alarm that fires does not keep anybody from going back: it may well be the version that serves, which it is for.
    """
    _check_order(version, state, rollback)
    _check_baselines(target, version)
    firing = firing_guards(target)
    if firing and not rollback:
        raise ReleaseRefused(
            f"{' and '.join(firing)} is in ALARM, so SageMaker would roll any release back at once. Mend the endpoint "
            f"first (dashboard {target.names.dashboard}), wait until the alarm is over, or go back: "
            f"make release ENV={target.name} ROLLBACK=1 ARN=..."
        )
    try:
        check_changeable(target, "serving")
    except DeliveryError as error:
        raise ReleaseRefused(str(error)) from None
    stack = find_stack(target, "serving")
    if stack and stack["StackStatus"] in NEVER_DEPLOYED:
        name = target.names.stack("serving")
        raise ReleaseRefused(
            f"{name} is {stack['StackStatus']}: it was never deployed. {do_first('deploy', target.name)}"
        )


def version_number(arn: str) -> int:
    """The number at the end of a version's ARN."""
    return int(arn.rsplit("/", 1)[-1])


def _check_order(version: ModelVersion, state: ServingState, rollback: bool) -> None:
    if not state.meant_arn:
        return
    served = version_number(state.meant_arn)
    if version.number < served and not rollback:
        raise ReleaseRefused(
            f"version {version.number} is older than version {served}, which serves. A release that comes late changes "
            f"nothing; if you want to go back: make release ROLLBACK=1 ARN={version.arn}"
        )
    if version.number > served and rollback:
        raise ReleaseRefused(
            f"version {version.number} is newer than version {served}, which serves; leave ROLLBACK out"
        )


def _check_baselines(target: Target, version: ModelVersion) -> None:
    """The monitors compare with the baselines, the smoke test with the evaluated scores: both must be there."""
    missing = [
        f"{kind}.{name}"
        for kind, names in BASELINES.items()
        for name in names
        if not _exists(target, version.baselines.get(kind, {}).get(name, {}).get("S3Uri", ""))
    ]
    if not _exists(target, smoke_test_uri(version)):
        missing.append("smoke-test records")
    if missing:
        raise ReleaseRefused(
            f"version {version.number} lacks {', '.join(missing)}, so nobody could watch or test it. Versions that the "
            "pipeline registers have them: make train"
        )


def _exists(target: Target, uri: str) -> bool:
    try:
        return bool(uri) and object_exists(target, uri)
    except ClientError as error:
        raise ReleaseRefused(
            f"expected to be allowed to look at {uri}, found: {error}. May these credentials read the registry's "
            f"bucket and use its key? See: make doctor ENV={target.name}"
        ) from None
