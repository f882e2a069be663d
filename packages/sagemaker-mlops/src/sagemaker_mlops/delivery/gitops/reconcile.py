"""Reconciliation of the deployment state: start the workflows of events that were lost."""

from collections.abc import Sequence

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.repository import Repository
from sagemaker_mlops.delivery.gitops.difference import DeploymentState, Difference, differences
from sagemaker_mlops.delivery.gitops.drift_issue import cause_mark, marker
from sagemaker_mlops.delivery.gitops.promotion import Promotion, Tell
from sagemaker_mlops.delivery.gitops.release_record import version_marker
from sagemaker_mlops.delivery.monitors.retrain import alarm_cause, contract_alarm
from sagemaker_mlops.delivery.registry import list_versions
from sagemaker_mlops.delivery.releases.serving_state import serving_state
from sagemaker_mlops.delivery.target import Target


def look(target: Target, promotion: Promotion) -> tuple[DeploymentState, list[Difference]]:
    """Read the deployment state from git, GitHub and AWS, and return it with its differences."""
    deployment = DeploymentState(target.name, promotion.recorded(), serving_state(target), list_versions(target))
    newest = deployment.newest_approved
    requests = promotion.repository.pulls(promotion.branch(newest)) if newest else []
    proposed = any(not request.is_superseded for request in requests[:1])
    return deployment, differences(deployment, proposed, promotion.open_proposals().keys())


def reconcile(target: Target, promotion: Promotion, found: Sequence[Difference], tell: Tell) -> list[str]:
    """Start the workflows that fix the differences, and return their names.

    A workflow that is already queued or running is not started again. The workflow for a firing contract alarm whose
    cause has no comment on the issue yet is started, too.
    """
    started = []
    for difference in found:
        tell(f"differs: {difference.text}")
        if difference.action == "release" and not _failed_before(promotion, tell):
            started += _start(promotion.repository, "release.yml", {"environment": target.name}, tell)
        elif difference.action == "promote":
            inputs = {"model_package_arn": difference.arn, "event_id": "reconcile"}
            started += _start(promotion.repository, "promote.yml", inputs, tell, about=difference.arn)
    return started + _answer_alarm(target, promotion.repository, tell)


def _failed_before(promotion: Promotion, tell: Tell) -> bool:
    """Return True if an open issue reports that the release of the recorded version failed.

    A failed release is not retried automatically: it must be started again by the person who has fixed its cause.
    """
    marker = version_marker(promotion.recorded())
    found = [issue for issue in promotion.repository.open_issues() if marker in issue.body]
    for issue in found:
        tell(f"its release failed, and is not tried again by itself: {issue.url}")
    return bool(found)


def _answer_alarm(target: Target, repository: Repository, tell: Tell) -> list[str]:
    """Start `retrain` for a firing contract alarm, unless a comment on the issue shows that it was handled.

    A repeated request is harmless, because start-training is idempotent for each cause.
    """
    if not target.environment.monitored or contract_alarm(target)["StateValue"] != "ALARM":
        return []
    cause = alarm_cause(target)
    marks = [issue for issue in repository.open_issues() if marker(target.name) in issue.body]
    if any(cause_mark(cause.cause_id) in text for issue in marks for _, text in repository.comments(issue.number)):
        return []
    tell(f"the alarm {cause.cause_id} has not been answered yet")
    inputs = {"environment": target.name, "cause_id": cause.cause_id, "event_id": "reconcile"}
    return _start(repository, "retrain.yml", inputs, tell)


def _start(repository: Repository, workflow: str, inputs: dict[str, str], tell: Tell, about: str = "") -> list[str]:
    if repository.is_under_way(workflow, about):
        tell(f"{workflow} is under way")
        return []
    repository.start_workflow(workflow, inputs)
    tell(f"started: {workflow}")
    return [workflow]


def require_serving(target: Target) -> None:
    """Raise DeliveryError if an environment does not serve, and so has no deployment state to compare."""
    if not target.environment.serves:
        raise DeliveryError(f"{target.name} does not serve, so there is nothing to compare; try -e production")
