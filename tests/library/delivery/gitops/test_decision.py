"""What an approval or a rejection leads to, whatever the event said and whenever it comes."""

import pytest
from sagemaker_mlops.delivery.github.repository import SUPERSEDED, Pull
from sagemaker_mlops.delivery.gitops.decision import decide, failed_last, number_of, rollback_version
from sagemaker_mlops.delivery.registry import NONE, ModelVersion

from tests.library.delivery.gitops.versions import arn_of, version

OPEN = Pull(7, "https://github.com/o/r/pull/7", "promote/production-version-2", True, False, "Let it")
CLOSED = Pull(7, OPEN.url, OPEN.branch, False, False, "Let it")
MERGED = Pull(7, OPEN.url, OPEN.branch, False, True, "Let it")
REPLACED = Pull(7, OPEN.url, OPEN.branch, False, False, f"Let it{SUPERSEDED}")


def action(found: ModelVersion, recorded: str, others: list[ModelVersion], proposal: Pull | None = None) -> str:
    return decide(found, recorded, [found, *others], proposal).action


@pytest.mark.parametrize("recorded", [NONE, arn_of(1)])
def test_an_approved_version_that_is_newer_is_proposed(recorded: str) -> None:
    assert action(version(2), recorded, [version(1)]) == "propose"


@pytest.mark.parametrize("proposal", [OPEN, CLOSED, MERGED])
def test_a_version_is_proposed_once(proposal: Pull) -> None:
    decision = decide(version(2), arn_of(1), [version(1), version(2)], proposal)
    assert decision.action == "nothing"
    assert proposal.url in decision.reason


def test_a_version_that_failed_in_staging_is_tried_again_only_by_a_person() -> None:
    """Its failure is stamped, the stamp tells the approval again, and so on for ever."""
    failed = version(2, failed_staging="2026-02-01", failed_staging_reason="too slow")
    decision = decide(failed, arn_of(1), [version(1), failed], None)
    assert decision.action == "nothing"
    assert "too slow" in decision.reason
    assert decide(failed, arn_of(1), [version(1), failed], None, is_event=False).action == "propose"


def test_what_git_records_already_is_not_proposed() -> None:
    assert action(version(2), arn_of(2), [version(1)]) == "nothing"


@pytest.mark.parametrize(("recorded", "others"), [(arn_of(3), [version(3, "Rejected")]), (arn_of(1), [version(3)])])
def test_an_approval_of_an_older_version_changes_nothing_and_says_how_to_go_back(
    recorded: str, others: list[ModelVersion]
) -> None:
    decision = decide(version(2), recorded, [version(1), version(2), *others], None)
    assert decision.action == "nothing"
    assert "older than version 3" in decision.reason
    assert "deployments/production.yaml" in decision.reason


def test_a_version_that_was_decided_otherwise_since_is_left_alone() -> None:
    assert action(version(2, "PendingManualApproval"), arn_of(1), []) == "nothing"


@pytest.mark.parametrize(
    ("recorded", "proposal", "expected"),
    [
        (arn_of(2), MERGED, "revert"),
        (arn_of(2), None, "revert"),
        (arn_of(1), OPEN, "withdraw"),
        (arn_of(1), CLOSED, "nothing"),
        (NONE, None, "nothing"),
    ],
)
def test_a_rejection_takes_back_what_the_version_has(recorded: str, proposal: Pull | None, expected: str) -> None:
    assert action(version(2, "Rejected"), recorded, [version(1)], proposal) == expected


def test_the_way_back_leads_to_what_was_served_last_and_is_approved() -> None:
    served = [
        version(1, released_production="2026-01-01"),
        version(2, released_production="2026-02-01"),
        version(3, "Rejected", released_production="2026-03-01"),
        version(4, "Rejected", released_production="2026-04-01"),
        version(5),
    ]
    found = rollback_version(served[3], served, "production")
    assert found is not None
    assert found.number == 2
    assert rollback_version(served[0], served[:1], "production") is None


@pytest.mark.parametrize(("arn", "number"), [("", 0), (NONE, 0), (arn_of(1), 1), (arn_of(12), 12)])
def test_no_version_comes_before_the_first(arn: str, number: int) -> None:
    assert number_of(arn) == number


@pytest.mark.parametrize(
    ("failed", "released", "is_failed"),
    [("", "", False), ("03", "", True), ("03", "02", True), ("03", "03", False), ("03", "04", False)],
)
def test_the_latest_attempt_counts(failed: str, released: str, is_failed: bool) -> None:
    stamps = {"failed_staging": failed, "released_staging": released, "failed_dev": "09", "released_dev": "09"}
    found = version(2, **{key: f"2026-01-{day}" for key, day in stamps.items() if day})
    assert failed_last(found, "staging") is is_failed
    assert action(found, arn_of(1), [version(1)]) == ("nothing" if is_failed else "propose")


@pytest.mark.parametrize(
    ("approval", "recorded", "proposal", "reason"),
    [
        ("Approved", arn_of(1), None, "version 2 is approved"),
        ("Approved", arn_of(1), REPLACED, "version 2 is approved"),
        ("Approved", arn_of(2), MERGED, "git records version 2 for production already"),
        ("Approved", arn_of(1), OPEN, f"version 2 is proposed already: {OPEN.url}"),
        ("Approved", arn_of(1), MERGED, f"version 2 was proposed, merged and taken back: {OPEN.url}"),
        ("Approved", arn_of(1), CLOSED, f"the request for version 2 was closed; reopen it to go on: {OPEN.url}"),
        ("PendingManualApproval", arn_of(1), None, "version 2 is PendingManualApproval now"),
        ("Rejected", arn_of(2), MERGED, "version 2 is rejected, and git records it for production"),
        ("Rejected", arn_of(1), OPEN, "version 2 was rejected"),
        ("Rejected", arn_of(1), CLOSED, "version 2 is rejected, and nobody proposes it"),
    ],
)
def test_the_log_of_the_workflow_says_why(approval: str, recorded: str, proposal: Pull | None, reason: str) -> None:
    assert decide(version(2, approval), recorded, [version(1)], proposal).reason == reason
