"""The issue about a broken contract."""

from sagemaker_mlops.delivery.gitops.drift_issue import link_training, report_drift
from sagemaker_mlops.delivery.monitors.reports import MonitorReport
from sagemaker_mlops.delivery.start_training import Outcome

from tests.library.delivery.gitops.fake_repository import FakeRepository

CAUSE = "shop-production-contract-broken@2026-02-01T00:00:00Z"
REPORT = MonitorReport(
    "data-quality",
    {
        "violations": [{"text": "Region drifted: distance 0.4"}],
        "is_judged": True,
        "rows": 1200,
        "window_end": "2026-02-01T01:00:00+00:00",
    },
)
STARTED = Outcome("started", "drift starts", "arn:execution/1")


def test_it_says_what_is_broken_and_is_written_again_while_it_is_open() -> None:
    repository = FakeRepository()
    for cause in ("first", CAUSE):
        report_drift(repository.as_repository, "production", cause, [REPORT])
    (issue,) = repository.issues
    for text in (CAUSE, "Region drifted: distance 0.4", "1,200 records", "mlops monitor reports -e production"):
        assert text in issue.body


def test_without_reports_it_is_written_all_the_same() -> None:
    repository = FakeRepository()
    assert "No monitor's report" in report_drift(repository.as_repository, "production", CAUSE, []).body


def test_what_became_of_a_cause_is_told_once_and_corrected() -> None:
    repository = FakeRepository()
    waiting = Outcome("waiting", "the cooldown lasts", "")
    for outcome in (waiting, waiting, STARTED):
        link_training(repository.as_repository, 40, CAUSE, outcome)
    ((_, text),) = repository.comments(40)
    assert "started" in text
    assert "arn:execution/1" in text
    link_training(repository.as_repository, 40, "another", waiting)
    assert len(repository.comments(40)) == 2
