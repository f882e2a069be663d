"""Requests on the deployment file: opened, replaced, closed, reverted."""

from typing import Any

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.gitops import promotion as promotion_module
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, file_text, parse_file
from sagemaker_mlops.delivery.gitops.promotion import Promotion
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.target import target_of

from tests.library.delivery.gitops.fake_repository import FakeRepository
from tests.library.delivery.gitops.versions import version

FILE = file_path("production")


class World:
    """A registry and a repository."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repository = FakeRepository()
        self.versions: list[ModelVersion] = []
        registry = target_of("dev")
        self.group = registry.names.arn("sagemaker", f"model-package/{registry.names.model_package_group}")
        self.promotion = Promotion(registry, self.repository.as_repository, "production", lambda _: None)
        monkeypatch.setattr(promotion_module, "list_versions", lambda _: self.versions)
        monkeypatch.setattr(promotion_module, "describe_version", self.describe)
        monkeypatch.setenv("TOKEN_LOGIN", "shop-delivery[bot]")

    def describe(self, _: Any, arn: str) -> ModelVersion:
        return next(one for one in self.versions if one.arn == arn)

    def add(self, number: int, approval: str = "Approved", **metadata: str) -> str:
        arn = f"{self.group}/{number}"
        self.versions = [one for one in self.versions if one.number != number]
        self.versions.append(ModelVersion(arn, number, approval, metadata))
        return arn

    def record(self, arn: str) -> None:
        self.repository.branches["main"][FILE] = file_text("production", arn)

    @property
    def recorded(self) -> str:
        return parse_file(self.repository.branches["main"][FILE], "production")

    def propose(self, arn: str) -> None:
        situation = self.promotion.look(arn)
        assert situation.decision.action == "propose"
        self.promotion.propose(situation.version, "the sheet")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_request_names_the_version_and_main_stays_as_it_is(world: World) -> None:
    world.record(world.add(1))
    arn = world.add(2)
    world.propose(arn)
    (pull,) = world.repository.requests
    assert parse_file(world.repository.branches[pull.branch][FILE], "production") == arn
    assert world.recorded.endswith("/1")
    assert world.promotion.look(arn).decision.action == "nothing", "the event comes again"


def test_a_newer_approval_closes_the_older_request(world: World) -> None:
    world.propose(world.add(1))
    world.propose(world.add(2))
    assert [pull.is_open for pull in world.repository.requests] == [False, True]
    assert "https://github.com/o/r/pull/2" in world.repository.comments(1)[-1][1]


def test_a_version_whose_request_gave_way_to_one_that_was_rejected_is_proposed_again(world: World) -> None:
    first = world.add(1)
    world.propose(first)
    second = world.add(2)
    world.propose(second)
    world.add(2, "Rejected")
    situation = world.promotion.look(second)
    assert situation.proposal is not None
    world.promotion.withdraw(situation.version, situation.proposal)
    assert world.promotion.look(first).decision.action == "propose"


def test_an_open_request_is_renewed_when_main_takes_a_version_back(world: World) -> None:
    world.add(1, released_production="2026-01-01")
    bad = world.add(2, released_production="2026-02-01")
    world.record(bad)
    third = world.add(3)
    world.propose(third)
    world.add(2, "Rejected", released_production="2026-02-01")
    world.promotion.revert(world.promotion.look(bad))
    assert world.recorded.endswith("/1")
    proposal = world.promotion.open_proposals()[3]
    assert parse_file(world.repository.branches[proposal.branch][FILE], "production") == third
    assert "renewed" in world.repository.comments(proposal.number)[-1][1]
    said = list(world.repository.said)
    world.promotion.renew_proposals()
    assert world.repository.said == said, "it can be merged as it is"


def test_a_rejected_version_loses_its_request(world: World) -> None:
    arn = world.add(1)
    world.propose(arn)
    world.add(1, "Rejected")
    situation = world.promotion.look(arn)
    assert situation.decision.action == "withdraw"
    assert situation.proposal is not None
    world.promotion.withdraw(situation.version, situation.proposal)
    assert not world.repository.requests[0].is_open


def test_a_rejected_version_that_serves_is_taken_back(world: World) -> None:
    before = world.add(1, released_production="2026-01-01")
    arn = world.add(2, "Rejected", released_production="2026-02-01")
    world.record(arn)
    pull, refusal = world.promotion.revert(world.promotion.look(arn))
    assert refusal == ""
    assert world.recorded == before
    assert world.repository.workflows == [], "the merge starts the release by itself"
    assert "version 1 again" in pull.title


def test_with_the_built_in_token_a_person_must_let_the_checks_go_and_only_the_release_is_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of ci that we start ourselves never counts for the request (facts G1), so none is started."""
    monkeypatch.setenv("TOKEN_LOGIN", "github-actions[bot]")
    world.add(1, released_production="2026-01-01")
    arn = world.add(2, "Rejected", released_production="2026-02-01")
    world.record(arn)
    pull, _ = world.promotion.revert(world.promotion.look(arn))
    assert world.repository.workflows == ["release.yml"]
    assert "Approve workflows to run" in world.repository.comments(pull.number)[0][1]


def test_with_an_app_the_checks_start_by_themselves(world: World) -> None:
    world.propose(world.add(1))
    assert world.repository.workflows == []
    assert "Approve workflows" not in world.repository.comments(1)[0][1]


def test_a_protected_main_leaves_the_request_to_people(world: World) -> None:
    world.add(1, released_production="2026-01-01")
    arn = world.add(2, "Rejected", released_production="2026-02-01")
    world.record(arn)
    world.repository.refusal = "405: At least 1 approving review is required"
    pull, refusal = world.promotion.revert(world.promotion.look(arn))
    assert "approving review" in refusal
    assert world.repository.requests == [pull]
    again, _ = world.promotion.revert(world.promotion.look(arn))
    assert again == pull, "the event comes again"


def test_without_a_version_to_go_back_to_the_next_step_is_told(world: World) -> None:
    arn = world.add(1, "Rejected", released_production="2026-01-01")
    world.record(arn)
    with pytest.raises(DeliveryError, match="Approve another one"):
        world.promotion.revert(world.promotion.look(arn))


def test_a_version_of_another_group_is_refused(world: World) -> None:
    with pytest.raises(DeliveryError, match="expected a version of"):
        world.promotion.look(version(1).arn)
