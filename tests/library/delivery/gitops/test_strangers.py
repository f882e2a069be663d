"""What others write on GitHub is neither merged nor taken for our own: branches, requests, issues, comments.

That anybody may open issues, comments and requests from forks in a public repository, and that a merge with `sha`
is refused once the branch has moved, is GitHub's documentation: https://docs.github.com/rest/pulls/pulls.
"""

import pytest
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, file_text
from sagemaker_mlops.delivery.gitops.drift_issue import cause_mark, marker
from sagemaker_mlops.delivery.gitops.promotion import Promotion
from sagemaker_mlops.delivery.target import target_of

from tests.library.delivery.gitops.fake_github import FakeGitHub
from tests.library.delivery.gitops.versions import arn_of

FILE = file_path("production")
REVERT = "revert/production-version-2"
SAFE, BAD = file_text("production", arn_of(1)), file_text("production", arn_of(2))


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> FakeGitHub:
    monkeypatch.setenv("TOKEN_LOGIN", "shop-delivery[bot]")
    found = FakeGitHub()
    found.push("main", **{FILE: BAD, "delivery.py": "code"})
    return found


def take_back(github: FakeGitHub) -> tuple[list[str], str]:
    said: list[str] = []
    promotion = Promotion(target_of("dev"), github.as_repository(), "production", said.append)
    _, refusal = promotion.take_back(REVERT, arn_of(1), "Take version 2 back", "because")
    return said, refusal


def files_of_merge(github: FakeGitHub) -> dict[str, str]:
    ((_, commit),) = github.merged
    return github.commits[commit][1]


def test_a_revert_is_our_request_with_the_one_file_changed(github: FakeGitHub) -> None:
    _, refusal = take_back(github)
    assert refusal == ""
    assert files_of_merge(github) == {FILE: SAFE, "delivery.py": "code"}


def test_a_request_of_a_stranger_on_the_revert_branch_is_closed_and_its_commits_are_not_merged(
    github: FakeGitHub,
) -> None:
    github.push(REVERT, **{FILE: SAFE, "delivery.py": "steal the secret"})
    github.open(REVERT, "colleague")
    said, _ = take_back(github)
    assert github.pulls[0]["state"] == "closed"
    assert "colleague" in said[0]
    assert github.merged[0][0] == 2
    assert files_of_merge(github)["delivery.py"] == "code"


def test_a_request_from_a_fork_is_neither_merged_nor_closed(github: FakeGitHub) -> None:
    github.open(REVERT, "stranger", fork="stranger")
    take_back(github)
    assert [pull["state"] for pull in github.pulls] == ["open", "open"]
    assert github.merged[0][0] == 2


def test_commits_that_others_added_to_our_own_request_are_not_merged(github: FakeGitHub) -> None:
    promotion = Promotion(target_of("dev"), github.as_repository(), "production", lambda _: None)
    pull, _ = promotion.take_back(REVERT, arn_of(1), "title", "body", merge=False)
    github.push(REVERT, **{"delivery.py": "steal the secret"})
    take_back(github)
    assert github.merged[0][0] == pull.number
    assert files_of_merge(github)["delivery.py"] == "code"


def test_a_commit_that_comes_between_the_check_and_the_merge_is_refused(
    github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_request = FakeGitHub.open

    def open_and_push(self: FakeGitHub, branch: str, author: str, *, fork: str = "") -> object:
        found = open_request(self, branch, author, fork=fork)
        self.push(branch, **{"delivery.py": "steal the secret"})
        return found

    monkeypatch.setattr(FakeGitHub, "open", open_and_push)
    _, refusal = take_back(github)
    assert "Head branch was modified" in refusal
    assert github.merged == []


def test_a_revert_that_waits_for_its_checks_keeps_its_commit(github: FakeGitHub) -> None:
    """A new commit would begin the checks again, and they would never pass before the next try."""
    repository = github.as_repository()
    first = repository.put_branch(REVERT, FILE, SAFE, "message")
    assert repository.put_branch(REVERT, FILE, SAFE, "message") == first
    github.push("main", **{"other.py": "code"})
    assert repository.put_branch(REVERT, FILE, SAFE, "message") != first


def test_a_request_of_others_for_a_version_does_not_count_as_proposed(github: FakeGitHub) -> None:
    github.push("promote/production-version-3", **{FILE: BAD})
    github.open("promote/production-version-3", "colleague")
    github.open("promote/production-version-3", "shop-delivery[bot]", fork="stranger")
    promotion = Promotion(target_of("dev"), github.as_repository(), "production", lambda _: None)
    assert promotion.open_proposals() == {}


@pytest.mark.parametrize(("author", "counts"), [("stranger", False), ("shop-delivery[bot]", True)])
def test_only_our_own_issues_and_comments_have_marks(github: FakeGitHub, author: str, counts: bool) -> None:
    github.report(marker("production"), author)
    github.say(100, cause_mark("alarm@now"), author)
    repository = github.as_repository()
    assert bool(repository.open_issues()) is counts
    assert bool(repository.comments(100)) is counts
    number = repository.put_issue(marker("production"), "title", marker("production")).number
    assert (number == 100) is counts


def test_a_person_sees_what_the_workflows_wrote_and_their_own(github: FakeGitHub) -> None:
    github.login = "ann"
    for author in ("ann", "shop-delivery[bot]", "stranger"):
        github.report("a mark", author)
    assert len(github.as_repository("shop-delivery[bot]").open_issues()) == 2
