"""GitHub issue about a broken contract; each environment has at most one open issue."""

from collections.abc import Sequence

from sagemaker_mlops.delivery.github.repository import Issue, Repository
from sagemaker_mlops.delivery.monitors.reports import MonitorReport
from sagemaker_mlops.delivery.start_training import Outcome


def marker(environment: str) -> str:
    """Return the HTML comment that identifies the issue of an environment."""
    return f"<!-- delivery: contract of {environment} -->"


def cause_mark(cause_id: str) -> str:
    """Return the HTML comment that identifies the issue comment about a cause.

    Its presence shows that a training was already requested for the cause.
    """
    return f"<!-- cause: {cause_id} -->"


def report_drift(repository: Repository, environment: str, cause_id: str, reports: Sequence[MonitorReport]) -> Issue:
    """Open the issue, or update it if it is already open."""
    title = f"The model of {environment} broke its contract"
    return repository.put_issue(marker(environment), title, issue_body(environment, cause_id, reports))


def issue_body(environment: str, cause_id: str, reports: Sequence[MonitorReport]) -> str:
    """Return the body of the issue: violations by monitor, with feature and metric names but no values."""
    parts = [marker(environment), f"Alarm: `{cause_id}`. A training is asked for; the outcome is posted as a comment."]
    for report in reports:
        violations = "\n".join(f"- {text}" for text in report.violations)
        parts.append(
            f"## {report.kind}\n\nUntil {report.summary['window_end'][:16]} UTC, "
            f"{report.summary['rows']:,} records:\n\n{violations}"
        )
    if not reports:
        parts.append("No monitor's report could be read; see the alarm and the dashboard.")
    parts.append(
        f"See the reports: `mlops monitor reports -e {environment}`. Close this once the model that serves keeps its "
        "contract again; if it breaks it later, there will be another."
    )
    return "\n\n".join(parts) + "\n"


def link_training(repository: Repository, number: int, cause_id: str, outcome: Outcome) -> None:
    """Comment the outcome of a cause on the issue; a repeated call updates the comment of that cause."""
    mark = cause_mark(cause_id)
    said = outcome.execution_arn if outcome.status in ("started", "merged") else outcome.reason
    text = f"{mark}\n`{cause_id}`: **{outcome.status}**: {said}"
    found = next(((identity, body) for identity, body in repository.comments(number) if mark in body), None)
    if found is None:
        repository.comment(number, text)
    elif found[1] != text:
        repository.update_comment(found[0], text)
