"""What GitHub is told about a release, and what it is asked for when one failed."""

import pytest
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, file_text
from sagemaker_mlops.delivery.gitops.promotion import Promotion
from sagemaker_mlops.delivery.gitops.release_record import ReleaseOutcome, record_outcome, version_marker
from sagemaker_mlops.delivery.target import target_of

from tests.library.delivery.gitops.fake_repository import FakeRepository
from tests.library.delivery.gitops.versions import arn_of


@pytest.fixture
def repository() -> FakeRepository:
    found = FakeRepository()
    found.branches["main"][file_path("production")] = file_text("production", arn_of(2))
    return found


def record(
    repository: FakeRepository, code: int, served: str, message: str = "rolled back", *, is_monitored: bool = True
) -> None:
    promotion = Promotion(target_of("dev"), repository.as_repository, "production", lambda _: None)
    content = {"exit_code": code, "message": message, "model_package_arn": arn_of(2), "served_arn": served}
    outcome = ReleaseOutcome.of({**content, "is_monitored": is_monitored})
    record_outcome(promotion, outcome, 5, "https://github.com/o/r/actions/runs/9")


@pytest.mark.parametrize("code", [3, 4, 5, 6])
def test_a_release_that_was_given_back_asks_git_to_say_so(repository: FakeRepository, code: int) -> None:
    record(repository, code, arn_of(1))
    assert repository.states == ["failure"]
    (pull,) = repository.requests
    assert pull.is_open, "people decide whether to try again"
    assert arn_of(1) in repository.branches[pull.branch][file_path("production")]
    (issue,) = repository.issues
    assert pull.url in issue.body
    assert "actions/runs/9" in issue.body


def test_a_release_that_was_refused_changed_nothing_so_git_stays(repository: FakeRepository) -> None:
    record(repository, 2, arn_of(1), "an alarm fires")
    assert repository.requests == []
    assert "an alarm fires" in repository.issues[0].body


def test_a_failure_that_repeats_has_one_issue_and_one_request(repository: FakeRepository) -> None:
    for _ in range(2):
        record(repository, 3, arn_of(1))
    assert len(repository.issues) == len(repository.requests) == 1


def test_a_release_that_succeeds_closes_the_issue(repository: FakeRepository) -> None:
    record(repository, 3, arn_of(1))
    record(repository, 0, arn_of(2), "serves version 2")
    assert repository.issues == []
    assert repository.states == ["failure", "success"]


def test_a_release_that_nothing_watches_stands_and_is_told(repository: FakeRepository) -> None:
    record(repository, 0, arn_of(2), "serves version 2", is_monitored=False)
    assert repository.states == ["success"]
    (issue,) = repository.issues
    assert issue.title == "Monitoring is not enabled for production"
    assert "mlops monitor enable -e production" in issue.body
    record(repository, 0, arn_of(2), "serves version 2 already")
    assert repository.issues == []


@pytest.mark.parametrize(("code", "is_left_to_people"), [(1, False), (2, True), (3, True)])
def test_only_a_release_that_came_to_its_end_is_left_to_people(
    repository: FakeRepository, code: int, is_left_to_people: bool
) -> None:
    record(repository, code, arn_of(1))
    assert (version_marker(arn_of(2)) in repository.issues[0].body) is is_left_to_people


def test_a_release_that_died_is_a_failure() -> None:
    outcome = ReleaseOutcome.of({})
    assert not outcome.is_released
    assert not outcome.is_rolled_back
    assert "interrupted" in outcome.message
