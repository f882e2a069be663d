"""What the deployment say, and what settles a difference."""

import pytest
from sagemaker_mlops.delivery.gitops.difference import DeploymentState, differences, rows
from sagemaker_mlops.delivery.registry import NONE, ModelVersion
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, ServingState

from tests.library.delivery.gitops.versions import arn_of, version


def deployment(
    recorded: str, served: str | None, versions: list[ModelVersion], parameter: str | None = None
) -> DeploymentState:
    state = ServingState(served, served or "" if parameter is None else parameter, "")
    return DeploymentState("production", recorded, state, versions)


def released(number: int, approval: str = "Approved", **metadata: str) -> ModelVersion:
    return version(number, approval, released_production=f"2026-01-0{number}", **metadata)


def test_nothing_differs_where_all_agree() -> None:
    assert differences(deployment(arn_of(1), arn_of(1), [released(1)]), proposed=True) == []
    assert differences(deployment(NONE, None, []), proposed=False) == []


@pytest.mark.parametrize(
    ("found", "action", "words"),
    [
        (
            deployment(arn_of(2), arn_of(1), [released(1), version(2)]),
            "release",
            "git names version 2, but version 1 serves",
        ),
        (deployment(arn_of(1), None, [version(1)]), "release", "but nothing serves"),
        (deployment(arn_of(1), UNKNOWN, [released(1)]), "release", "something unknown serves"),
        (
            deployment(arn_of(1), arn_of(1), [released(1)], arn_of(2)),
            "release",
            "the stack's parameter names another version",
        ),
        (deployment(arn_of(1), arn_of(1), [version(1)]), "release", "never verified"),
        (deployment(arn_of(1), arn_of(1), [released(1, "Rejected")]), "promote", "version 1, which is rejected"),
        (deployment(arn_of(1), arn_of(1), [released(1, "PendingManualApproval")]), "look", "mlops approve"),
        (deployment(arn_of(9), arn_of(1), [released(1)]), "look", "which the registry does not have"),
        (deployment(NONE, arn_of(1), [released(1)]), "look", "git names no version, but version 1 serves"),
    ],
)
def test_a_difference_is_told_with_what_settles_it(found: DeploymentState, action: str, words: str) -> None:
    told = differences(found, proposed=True)
    assert [difference.action for difference in told] == [action]
    assert words in told[0].text


def test_a_release_that_failed_is_not_tried_again_by_itself() -> None:
    failed = version(2, failed_production="2026-02-01", failed_production_reason="the guard alarm fired")
    told = differences(deployment(arn_of(2), arn_of(1), [released(1), failed]), proposed=True)
    assert [difference.action for difference in told] == ["look"]
    assert "the guard alarm fired" in told[0].text


def test_an_approval_whose_event_was_lost_is_found() -> None:
    told = differences(deployment(arn_of(1), arn_of(1), [released(1), version(2)]), proposed=False)
    assert [(difference.action, difference.arn) for difference in told] == [("promote", arn_of(2))]
    assert differences(deployment(arn_of(1), arn_of(1), [released(1), version(2)]), proposed=True) == []


def test_an_approved_version_that_failed_in_staging_is_not_tried_every_hour() -> None:
    failed = version(2, released_staging="2026-01-01", failed_staging="2026-01-02", failed_staging_reason="too slow")
    told = differences(deployment(arn_of(1), arn_of(1), [released(1), failed]), proposed=False)
    assert [difference.action for difference in told] == ["look"]
    assert "too slow" in told[0].text


def test_a_rejection_whose_event_was_lost_is_found_though_nobody_serves_the_version() -> None:
    versions = [released(1), version(2, "Rejected")]
    told = differences(deployment(arn_of(1), arn_of(1), versions), proposed=True, open_proposals={2})
    assert [(difference.action, difference.arn) for difference in told] == [("promote", arn_of(2))]


def test_every_place_is_shown() -> None:
    shown = dict(rows(deployment(arn_of(2), arn_of(1), [released(1, "Rejected"), version(2)])))
    assert shown == {
        "git": "version 2",
        "stack": "version 1",
        "endpoint": "version 1",
        "registry: released": "version 1",
        "registry: what serves is": "Rejected",
        "registry: newest approved": "version 2",
    }


@pytest.mark.parametrize("served", [arn_of(1), UNKNOWN, None])
def test_whatever_a_release_settles_names_the_command(served: str | None) -> None:
    (told,) = differences(deployment(arn_of(2), served, [version(2)]), proposed=True)
    assert told.text.endswith(": mlops release -e production")


def test_a_rejected_version_that_git_names_is_promoted_so_that_it_is_taken_back() -> None:
    (told,) = differences(deployment(arn_of(1), arn_of(1), [released(1, "Rejected")]), proposed=True)
    assert (told.action, told.arn) == ("promote", arn_of(1))


@pytest.mark.parametrize(
    ("recorded", "newest", "told"),
    [
        (NONE, 1, ["version 1 is approved, but no pull request proposes it"]),
        (arn_of(1), 2, ["version 2 is approved, but no pull request proposes it"]),
        (arn_of(2), 2, []),
        (arn_of(3), 2, []),
    ],
)
def test_an_approval_is_missed_only_if_it_is_newer_than_what_git_names(
    recorded: str, newest: int, told: list[str]
) -> None:
    versions = [version(number) for number in range(1, newest + 1)]
    texts = [one.text for one in differences(deployment(recorded, None, versions), proposed=False)]
    assert [text for text in texts if "proposes" in text] == told


def test_every_rejected_proposal_is_named() -> None:
    versions = [released(1), version(2, "Rejected"), version(3, "Rejected"), version(4, "Rejected")]
    told = differences(deployment(arn_of(1), arn_of(1), versions), proposed=True, open_proposals={1, 2, 4})
    assert [one.text for one in told] == [f"version {number} is rejected, but proposed" for number in (2, 4)]


@pytest.mark.parametrize(
    ("served", "endpoint", "approval"),
    [
        (None, "nothing", "none"),
        (UNKNOWN, "something unknown", "unknown"),
        (arn_of(9), "version 9", "unknown"),
        (arn_of(1), "version 1", "Rejected"),
    ],
)
def test_what_serves_is_shown_with_what_the_registry_knows_of_it(
    served: str | None, endpoint: str, approval: str
) -> None:
    shown = dict(rows(deployment(NONE, served, [version(1, "Rejected")])))
    assert (shown["git"], shown["registry: newest approved"]) == ("nothing", "none")
    assert (shown["endpoint"], shown["registry: what serves is"]) == (endpoint, approval)
