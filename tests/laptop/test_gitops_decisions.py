"""Decisions of people on versions, through the real workflows, where production serves version 1; one story.

The delivery of a push is what test_gitops.py tests. Here the stacks are deployed by the commands.
"""

import time
from collections.abc import Iterator

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop
from tests.laptop.faulty_versions import Fault, copy_version, register_faulty
from tests.laptop.github_stand_in import PERSON, StandIn
from tests.laptop.gitops import (
    AN_HOUR_LATER,
    PRIVATE_KEY,
    PRODUCTION,
    SOON,
    STAGING,
    TEAM_TOKEN,
    all_agree,
    arn_of,
    decide,
    push_served,
    served,
    serving_laptop,
    versions,
)
from tests.laptop.iam_statements import denied_calls
from tests.localcloud.waiting import wait_until

pytestmark = pytest.mark.timeout(1200)
SERVICE = "from sagemaker_mlops.serving import prediction_service as service; service.PredictionService._faults"
ACCEPTS = f"{SERVICE} = lambda self, columns, misfits, start:"
# Versions that fail one test of staging each, and what the workflow says of it.
FAILING = {
    "serves": (Fault("dies-at-start", "os._exit(3)", 0, None), "did not pass the ping health check"),
    "predictions": (
        Fault("scores-otherwise", "return _good_predict_columns(model, columns) * 0.9", 1, None),
        "50 of 50 hold-out records are scored otherwise",
    ),
    "unknown field": (
        Fault("accepts-any-field", f"{ACCEPTS} service.column_faults(columns, self._rules)", 0, None),
        "the contract: a field that it does not know is refused: it was answered as if nothing were wrong",
    ),
    "other type": (
        Fault("accepts-any-type", f"{ACCEPTS} misfits", 0, None),
        "the contract: a value of another type is refused: answered 500",
    ),
}


@pytest.fixture(scope="module")
def laptop(states: BakedProject, installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """Three environments of which production serves version 1; version 2 waits."""
    with serving_laptop(states, installed, tmp_path_factory.mktemp("decisions"), monitors_daily=True) as laptop:
        assert copy_version(laptop, arn_of(1), approval="PendingManualApproval") == arn_of(2)
        yield laptop


@pytest.fixture(scope="module")
def github(laptop: Laptop) -> StandIn:
    """The stand-in with a main branch that names version 1."""
    return push_served(laptop)


def test_of_two_approvals_at_once_the_newer_is_proposed(laptop: Laptop, github: StandIn) -> None:
    wait_until(lambda: all(run["status"] == "completed" for run in github.runs()), SOON)
    before = github.newest("promote")
    decide(laptop, 2, "Approved")
    decide(laptop, 1, "Approved")
    wait_until(lambda: len([run for run in github.runs("promote") if run["id"] > before]) >= 2, SOON)
    github.succeed("promote", before, 300, about=arn_of(2))
    github.cancel_all("ci")
    (pull,) = github.pulls()
    assert arn_of(2) in pull["body"]
    release = github.newest("release")
    github.merge(pull["number"])
    github.succeed("release", release)
    all_agree(laptop, 2)


def test_a_rejection_of_what_serves_waits_where_main_is_protected(laptop: Laptop, github: StandIn) -> None:
    before = github.newest("promote")
    decide(laptop, 2, "Rejected")
    run = github.succeed("promote", before, about="Rejected")
    github.cancel_all("ci")
    assert "waits for a person to merge it" in github.log(run["id"])
    (pull,) = github.pulls()
    assert pull["title"] == "Take version 2 back: production serves version 1 again"
    assert served(laptop, PRODUCTION) == arn_of(2)


def test_with_an_administrators_token_the_version_before_serves_again(laptop: Laptop, github: StandIn) -> None:
    github.steer("settings", **{PRIVATE_KEY: "", TEAM_TOKEN: PERSON})
    release, promote = github.newest("release"), github.newest("promote")
    github.call("POST", "/actions/workflows/reconcile.yml/dispatches", {"ref": "main"})
    github.succeed("reconcile", 0)
    github.succeed("promote", promote, about="'reconcile'")
    github.succeed("release", release)
    all_agree(laptop, 1)
    assert github.pulls() == []


def test_an_approval_whose_event_is_lost_is_proposed_by_reconcile(laptop: Laptop, github: StandIn) -> None:
    laptop.mlops("train", "start", "--as-event", "--no-wait")
    wait_until(lambda: versions(laptop) == [1, 2, 3], SOON)
    wait_until(lambda: all(run["status"] == "completed" for run in github.runs()), SOON)
    before = github.newest("promote")
    github.steer("settings", **AN_HOUR_LATER)  # the App's token has expired, and notify cannot have another
    decide(laptop, 3, "Approved")
    time.sleep(5)
    assert github.newest("promote") == before
    reconcile = github.newest("reconcile")
    github.call("POST", "/actions/workflows/reconcile.yml/dispatches", {"ref": "main"})
    github.succeed("reconcile", reconcile)
    github.succeed("promote", before, about="'reconcile'")
    github.cancel_all("ci")
    (pull,) = github.pulls()
    assert arn_of(3) in pull["body"]
    github.call("PATCH", f"/pulls/{pull['number']}", {"state": "closed"})
    reconcile = github.newest("reconcile")
    github.call("POST", "/actions/workflows/reconcile.yml/dispatches", {"ref": "main"})
    run = github.succeed("reconcile", reconcile)
    assert "nothing to start" in github.log(run["id"]), "somebody has closed it, and that stays so"
    all_agree(laptop, 1)


def test_an_approval_while_a_release_runs_is_tested_in_staging_meanwhile(laptop: Laptop, github: StandIn) -> None:
    github.steer("settings", **{"clock-ahead-seconds": 0})
    number = next(pull["number"] for pull in github.pulls("closed") if arn_of(3) in pull["body"])
    github.call("PATCH", f"/pulls/{number}", {"state": "open"})
    release, promote = github.newest("release"), github.newest("promote")
    github.merge(number)
    wait_until(lambda: github.newest("release") > release, SOON)
    assert copy_version(laptop, arn_of(3), approval="PendingManualApproval") == arn_of(4)
    decide(laptop, 4, "Approved")
    wait_until(lambda: github.newest("promote") > promote, SOON)
    assert github.runs("release")[0]["status"] != "completed", "both run at once"
    github.succeed("release", release)
    github.succeed("promote", promote, about=arn_of(4))
    github.cancel_all("ci")
    (pull,) = github.pulls()
    assert arn_of(4) in pull["body"]
    assert served(laptop, STAGING) == arn_of(4)
    all_agree(laptop, 3)


def proposed(github: StandIn) -> list[int]:
    """Numbers of the open pull requests."""
    return [pull["number"] for pull in github.pulls()]


@pytest.mark.parametrize("test", FAILING)
def test_a_version_that_fails_a_test_of_staging_is_not_proposed(laptop: Laptop, github: StandIn, test: str) -> None:
    fault, said = FAILING[test]
    pulls, before = proposed(github), github.newest("promote")
    arn = register_faulty(laptop, arn_of(1), fault)
    run = github.wait("promote", before, SOON, about=arn)
    assert (run["conclusion"], said in github.log(run["id"])) == ("failure", True), github.log(run["id"])
    assert proposed(github) == pulls
    assert served(laptop, PRODUCTION) == arn_of(3)


def test_a_version_is_not_proposed_while_no_retraining_could_start(laptop: Laptop, github: StandIn) -> None:
    pulls, before = proposed(github), github.newest("promote")
    function = laptop.client("lambda")
    name = "purchase-intent-dev-start-training"
    variables = function.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    function.update_function_configuration(FunctionName=name, Environment={"Variables": {**variables, "IMAGE_URI": ""}})
    arn = copy_version(laptop, arn_of(1))
    run = github.wait("promote", before, SOON, about=arn)
    assert (run["conclusion"], f"{name} has no image" in github.log(run["id"])) == ("failure", True)
    assert served(laptop, STAGING) == arn, "staging's own tests passed"
    assert proposed(github) == pulls


def test_no_call_of_a_role_was_denied(laptop: Laptop, github: StandIn) -> None:
    assert denied_calls(laptop) == set()
