"""What is started, and what is left alone."""

from dataclasses import replace

import pytest
from sagemaker_mlops.delivery.gitops import reconcile as module
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, file_text
from sagemaker_mlops.delivery.gitops.difference import Difference
from sagemaker_mlops.delivery.gitops.drift_issue import cause_mark, report_drift
from sagemaker_mlops.delivery.gitops.promotion import Promotion
from sagemaker_mlops.delivery.gitops.release_record import ReleaseOutcome, record_outcome
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.events.start_training.cause import Cause

from tests.library.delivery.gitops.fake_repository import FakeRepository
from tests.library.delivery.gitops.versions import arn_of

RELEASE = Difference("git names version 2, but version 1 serves", "release")
PROMOTE = Difference("version 3 is approved, but no pull request proposes it", "promote", arn_of(3))
CAUSE = Cause("drift", "alarm@2026-01-01T00:00:00Z")


class World:
    """Production, and a repository."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repository = FakeRepository()
        self.repository.branches["main"][file_path("production")] = file_text("production", arn_of(2))
        target = target_of("production")
        watched = target.environment.model_copy(update={"monitored": True})
        self.target: Target = replace(target, environment=watched)
        self.promotion = Promotion(target_of("dev"), self.repository.as_repository, "production", lambda _: None)
        self.alarm = "OK"
        monkeypatch.setattr(module, "contract_alarm", lambda _: {"StateValue": self.alarm})
        monkeypatch.setattr(module, "alarm_cause", lambda _: CAUSE)

    def reconcile(self, *found: Difference) -> list[str]:
        return module.reconcile(self.target, self.promotion, found, lambda _: None)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_what_is_missing_is_started(world: World) -> None:
    assert world.reconcile(RELEASE, PROMOTE) == ["release.yml", "promote.yml"]
    assert world.reconcile() == []


def test_what_a_person_must_look_at_is_left_alone(world: World) -> None:
    assert world.reconcile(Difference("correct the file", "look")) == []


def test_what_is_under_way_is_not_started_again_and_keeps_no_other_version_waiting(world: World) -> None:
    world.repository.under_way = {"release.yml", f"promote.yml {arn_of(3)}"}
    other = Difference("version 4 is rejected", "promote", arn_of(4))
    assert world.reconcile(RELEASE, PROMOTE, other) == ["promote.yml"]


def test_a_release_that_failed_is_not_tried_every_hour(world: World) -> None:
    outcome = ReleaseOutcome(2, "too few requests", arn_of(2), arn_of(1))
    record_outcome(world.promotion, outcome, 1, "")
    assert world.reconcile(RELEASE) == []
    world.repository.issues.clear()
    assert world.reconcile(RELEASE) == ["release.yml"]


def test_a_release_that_was_interrupted_is_begun_again(world: World) -> None:
    record_outcome(world.promotion, ReleaseOutcome.of({}), 1, "")
    assert world.reconcile(RELEASE) == ["release.yml"]


def test_an_alarm_that_nobody_answered_is_answered_once(world: World) -> None:
    world.alarm = "ALARM"
    assert world.reconcile() == ["retrain.yml"]
    issue = report_drift(world.repository.as_repository, "production", CAUSE.cause_id, [])
    assert world.reconcile() == ["retrain.yml"], "the issue is there, but no training was asked for"
    world.repository.comment(issue.number, f"{cause_mark(CAUSE.cause_id)} started")
    assert world.reconcile() == []
