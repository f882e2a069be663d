"""Preconditions of a release; each refusal states what was expected, what was found and the next step."""

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.checkout import DIRTY
from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.registry import ModelVersion, describe_version, version_number
from sagemaker_mlops.delivery.releases.guard_alarms import firing_guards
from sagemaker_mlops.delivery.releases.serving_state import ServingState
from sagemaker_mlops.delivery.releases.smoke_records import smoke_test_uri
from sagemaker_mlops.delivery.s3_objects import object_exists
from sagemaker_mlops.delivery.stacks.deploy import require_stack
from sagemaker_mlops.delivery.stacks.state import check_changeable, find_stack
from sagemaker_mlops.delivery.target import Target

SHORT_COMMIT = 12
NEVER_DEPLOYED = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS")
BASELINES = {
    "ModelDataQuality": ("Statistics", "Constraints"),
    "ModelQuality": ("Statistics", "Constraints"),
    "Bias": ("PostTrainingConstraints",),
    "Explainability": ("Constraints",),
}


def releasable_version(target: Target, arn: str) -> ModelVersion:
    """Return a version that is in the project's registry and approved.

    Raises:
        ReleaseRefused: The version is not in the registry or not approved, or the environment does not serve or has no
            serving stack.
    """
    if not target.environment.serves:
        raise ReleaseRefused(
            f"{target.name} does not serve; set serves: true in the environments file, or choose another"
        )
    group = target.registry.names.model_package_group
    if arn.rsplit("/", 1)[0] != target.registry.names.arn("sagemaker", f"model-package/{group}"):
        raise ReleaseRefused(f"expected a version of the group {group}, found {arn}. See: mlops versions")
    try:
        version = describe_version(target, arn)
    except DeliveryError:
        raise ReleaseRefused(
            f"expected a version of the registry, found none at {arn}; it was deleted, or never there. "
            "See: mlops versions"
        ) from None
    if version.approval != "Approved":
        advice = "choose another: mlops versions" if version.approval == "Rejected" else f"mlops approve {arn}"
        raise ReleaseRefused(
            f"version {version.number} is {version.approval}, only an approved one is released; {advice}"
        )
    try:
        require_stack(target, "serving")
    except DeliveryError as error:
        raise ReleaseRefused(str(error)) from None
    return version


def check_release(target: Target, version: ModelVersion, state: ServingState, *, rollback: bool) -> None:
    """Raise ReleaseRefused unless the version may replace the served version now.

    A firing guard alarm does not refuse a rollback, because the served version may be the reason why it fires.
    """
    _check_order(target, version, state, rollback)
    if not rollback:
        _check_commit(target, version)
    _check_baselines(target, version)
    firing = firing_guards(target)
    if firing and not rollback:
        verb = "is" if len(firing) == 1 else "are"
        raise ReleaseRefused(
            f"{' and '.join(firing)} {verb} in ALARM, so SageMaker would roll any release back at once. Fix the "
            f"endpoint first (dashboard {target.names.dashboard}), wait until the alarm is over, or go back: "
            f"mlops release ARN -e {target.name} --rollback"
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


def _check_order(target: Target, version: ModelVersion, state: ServingState, rollback: bool) -> None:
    if not state.served_or_configured_arn:
        return
    served = version_number(state.served_or_configured_arn)
    if version.number < served and not rollback:
        raise ReleaseRefused(
            f"version {version.number} is older than version {served}, which serves. A release that comes late changes "
            f"nothing; if you want to go back: mlops release {version.arn} -e {target.name} --rollback"
        )
    if version.number > served and rollback:
        raise ReleaseRefused(f"version {version.number} is newer than version {served}, which serves; omit --rollback")


def _check_commit(target: Target, version: ModelVersion) -> None:
    """Raise ReleaseRefused if the version was trained on changes that are in no commit, which nobody can find."""
    commit = version.metadata.get("git_sha", "")
    if commit.endswith(DIRTY) and not target.environment.uncommitted_code:
        raise ReleaseRefused(
            f"version {version.number} was trained on changes that are in no commit (after {commit[:SHORT_COMMIT]}), "
            "so its code could not be found again. Commit them, push, and release the version that is trained then"
        )


def _check_baselines(target: Target, version: ModelVersion) -> None:
    """Raise ReleaseRefused without the baselines for the monitors and the scored records for the smoke test."""
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
            f"version {version.number} lacks {', '.join(missing)}, so it cannot be monitored or tested. Versions that "
            "the pipeline registers have them: mlops train start"
        )


def _exists(target: Target, uri: str) -> bool:
    try:
        return bool(uri) and object_exists(target, uri)
    except ClientError as error:
        raise ReleaseRefused(
            f"expected read access to {uri}, found: {error}. May these credentials read the registry's "
            f"bucket and use its key? See: mlops doctor -e {target.name}"
        ) from None
