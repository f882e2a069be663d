"""Compare what is with what should be, and start the workflow of every event that was lost."""

from collections.abc import Sequence

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.repository import Repository
from sagemaker_mlops.delivery.gitops.difference import Difference, Places, differences
from sagemaker_mlops.delivery.gitops.drift_issue import cause_mark, marker
from sagemaker_mlops.delivery.gitops.promotion import Promotion, Tell
from sagemaker_mlops.delivery.gitops.release_record import version_marker
from sagemaker_mlops.delivery.monitors.retrain import alarm_cause, contract_alarm
from sagemaker_mlops.delivery.registry import list_versions
from sagemaker_mlops.delivery.releases.serving_state import serving_state
from sagemaker_mlops.delivery.target import Target


def look(target: Target, promotion: Promotion) -> tuple[Places, list[Difference]]:
    """Read every place; returns what they say and what does not fit."""
    places = Places(target.name, promotion.recorded(), serving_state(target), list_versions(target))
    newest = places.newest_approved
    requests = promotion.repository.pulls(promotion.branch(newest)) if newest else []
    proposed = any(not request.is_superseded for request in requests[:1])
    return places, differences(places, proposed, promotion.open_proposals().keys())


def reconcile(target: Target, promotion: Promotion, found: Sequence[Difference], tell: Tell) -> list[str]:
    """Start what is missing, unless it is under way; returns the workflows that were started."""
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
    """Whether the open issue says that this version's release failed: whoever has mended it starts it again."""
    marker = version_marker(promotion.recorded())
    found = [issue for issue in promotion.repository.open_issues() if marker in issue.body]
    for issue in found:
        tell(f"its release failed, and is not tried again by itself: {issue.url}")
    return bool(found)


def _answer_alarm(target: Target, repository: Repository, tell: Tell) -> list[str]:
    """A broken contract is told once more; start-training knows whether it was answered."""
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
    """Raise DeliveryError for an environment that has nothing to compare."""
    if not target.environment.serves:
        raise DeliveryError(f"{target.name} does not serve, so there is nothing to compare; try ENV=production")
