"""Record of a release on GitHub: deployment status and, after a failure, issue and revert pull request."""

from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.delivery.errors import ReleaseRefused
from sagemaker_mlops.delivery.github.client import GitHubError
from sagemaker_mlops.delivery.github.repository import Issue
from sagemaker_mlops.delivery.gitops.decision import number_of
from sagemaker_mlops.delivery.gitops.promotion import Promotion, Tell
from sagemaker_mlops.delivery.registry import NONE
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN

SERVES = (0,)


@dataclass(frozen=True)
class ReleaseOutcome:
    """Outputs of the `release` command; they are missing if the release was interrupted."""

    exit_code: int
    message: str
    model_package_arn: str
    served_arn: str
    is_monitored: bool = True

    @staticmethod
    def of(content: dict[str, Any]) -> "ReleaseOutcome":
        """Return the outcome from the outputs of `release`; empty outputs mean an interrupted release."""
        if not content:
            return ReleaseOutcome(1, "the release was interrupted; run the workflow again", NONE, UNKNOWN)
        return ReleaseOutcome(
            int(content["exit_code"]),
            content["message"],
            content["model_package_arn"],
            content["served_arn"],
            content["is_monitored"],
        )

    @property
    def is_released(self) -> bool:
        """True if the version was released."""
        return self.exit_code in SERVES

    @property
    def is_rolled_back(self) -> bool:
        """True if the release failed after it began, and git must be corrected because another version serves."""
        tried = self.exit_code > ReleaseRefused.exit_code
        return tried and self.served_arn not in ("", UNKNOWN, self.model_package_arn)


def record_outcome(promotion: Promotion, outcome: ReleaseOutcome, deployment_id: int, run_url: str) -> None:
    """Record the outcome of a release on GitHub. Safe to repeat.

    Sets the deployment status. After a success, closes the issue of earlier failures. After a failure, opens or updates
    that issue and, if another version serves, opens a pull request that records it.
    """
    state = "success" if outcome.is_released else "failure"
    promotion.repository.set_deployment_state(
        deployment_id, "success" if outcome.is_released else "failure", outcome.message
    )
    promotion.tell(f"deployment {deployment_id}: {state}")
    if outcome.is_released:
        _close_issue(promotion, _marker(promotion.environment), f"Over: {outcome.message}")
        _record_monitoring(promotion, outcome, run_url)
        return
    try:
        request = _take_back(promotion, outcome) if outcome.is_rolled_back else ""
    except GitHubError as error:
        request = f"\n\nGit still names the version, and no request to change that could be opened: {error}"
    issue = _put_issue(promotion, outcome, request, run_url)
    promotion.tell(f"issue: {issue.url}")


def _take_back(promotion: Promotion, outcome: ReleaseOutcome) -> str:
    environment, number, served = (
        promotion.environment,
        number_of(outcome.model_package_arn),
        number_of(outcome.served_arn),
    )
    pull, _ = promotion.take_back(
        f"revert/{environment}-version-{number}",
        outcome.served_arn,
        f"Record that {environment} serves version {served}: the release of version {number} failed",
        f"{outcome.message}\n\nMerging this records the served version in git. It releases nothing.",
        merge=False,
    )
    promotion.tell(f"request: {pull.url}")
    return f"\n\nGit still names version {number}. To let it say what serves, merge {pull.url}"


def _marker(environment: str) -> str:
    return f"<!-- delivery: release of {environment} -->"


def version_marker(arn: str) -> str:
    """Return the HTML comment that identifies in the issue the version whose release failed."""
    return f"<!-- version: {arn} -->"


def _put_issue(promotion: Promotion, outcome: ReleaseOutcome, request: str, run_url: str) -> Issue:
    """Open the issue of an environment, or update it: repeated failures share one issue."""
    run = f"\n\nThe release: {run_url}" if run_url else ""
    title = f"A release to {promotion.environment} failed"
    # reconcile does not retry a version whose marker is in the issue. An interrupted release is retried, so no marker.
    is_final = outcome.exit_code >= ReleaseRefused.exit_code
    marker = _marker(promotion.environment) + (f"\n{version_marker(outcome.model_package_arn)}" if is_final else "")
    body = f"{marker}\n{outcome.message}{request}{run}\n"
    return promotion.repository.put_issue(_marker(promotion.environment), title, body)


def _record_monitoring(promotion: Promotion, outcome: ReleaseOutcome, run_url: str) -> None:
    """Open an issue if the monitors could not be enabled, which does not fail the release; otherwise close it."""
    environment = promotion.environment
    marker = f"<!-- delivery: monitors of {environment} -->"
    if outcome.is_monitored:
        _close_issue(promotion, marker, "Over: the monitors run.")
        return
    body = (
        f"{marker}\n{outcome.message}. The monitors could not be switched on; the run says why: {run_url}\n\n"
        f"Fix the cause, then: `mlops monitor enable -e {environment}`, or run the release again.\n"
    )
    issue = promotion.repository.put_issue(marker, f"Monitoring is not enabled for {environment}", body)
    promotion.tell(f"issue: {issue.url}")


def _close_issue(promotion: Promotion, marker: str, words: str) -> None:
    for issue in promotion.repository.open_issues():
        if marker in issue.body:
            promotion.repository.comment(issue.number, words)
            promotion.repository.close_issue(issue)


def start_record(promotion: Promotion, arn: str, commit: str, tell: Tell) -> int:
    """Create a GitHub deployment for a release that begins, and return its id."""
    description = f"version {number_of(arn)}"
    deployment_id = promotion.repository.start_deployment(promotion.environment, commit, description)
    promotion.repository.set_deployment_state(deployment_id, "in_progress", description)
    tell(f"deployment {deployment_id}: {description} is being released to {promotion.environment}")
    return deployment_id
