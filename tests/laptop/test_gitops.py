"""A first push, an approval, a merge and an alarm, through the real workflows; one story, in the tests' order.

What is asserted is the end state: in git, in the registry, in the stacks and at the endpoints.
"""

import re
from collections.abc import Iterator

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import THREE_ACCOUNTS, Laptop, in_three_accounts, promise_less, three_accounts
from tests.laptop.github_stand_in import StandIn
from tests.laptop.gitops import (
    DELIVERED_SECONDS,
    FILE,
    PRODUCTION,
    SOON,
    STAGING,
    all_agree,
    app_words,
    arn_of,
    as_person,
    decide,
    git,
    give_app,
    own_settings,
    plain,
    push_main,
    served,
    set_up_github,
    trainings,
    versions,
)
from tests.laptop.iam_statements import denied_calls
from tests.localcloud.waiting import wait_until

# The first test waits for a whole delivery, and its time includes the set-up.
pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module")
def laptop(installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """A project of its own in three accounts, with dev deployed and February to July uploaded, as on a first day."""
    project = installed.copy(tmp_path_factory.mktemp("gitops") / "purchase-intent")
    three_accounts(project)
    laptop = in_three_accounts(project)
    own_settings(laptop)
    promise_less(project)
    project.mlops("local", "up", "--iam", LOCALCLOUD_PORT=str(laptop.port))
    for environment in THREE_ACCOUNTS:
        laptop.mlops("bootstrap", "--environment", environment)
    laptop.mlops("deploy", "--environment", "dev")
    project.make("sample-data")
    laptop.mlops("data", "put", *laptop.months("2025-02", "2025-07"))
    yield laptop
    project.mlops("local", "down")


@pytest.fixture(scope="module")
def github(laptop: Laptop) -> StandIn:
    """The stand-in, as `mlops github setup` leaves it after a first push; workflows and notify have an App."""
    return set_up_github(laptop)


def test_a_push_is_checked_delivered_and_trained(laptop: Laptop, github: StandIn) -> None:
    assert "workflows: deliver.yml, release.yml" in push_main(laptop)
    github.succeed("deliver", 0, DELIVERED_SECONDS)
    log = github.log(github.newest("deliver"))
    for job in ("check", "infrastructure", "committed definitions are current", "image", "pass"):
        assert f"[ci/ci/{job}" in log
    for job in ("check", "infrastructure"):
        lines = plain(line for line in log.splitlines() if f"[ci/ci/{job}" in line)
        assert len([line for line in lines if re.search(r"\d+ passed", line)]) == 1
        assert any("Success: no issues found" in line for line in lines)
        assert not any(word in line for line in lines for word in ("skipped", "xfailed"))
    for stack in (f"{STAGING}-serving", f"{PRODUCTION}-serving", f"{PRODUCTION}-monitoring"):
        assert f"{stack}: done" in log
    assert served(laptop, STAGING) is served(laptop, PRODUCTION) is None, "a first deployment needs no model"
    (training,) = trainings(laptop)
    assert (training["Trigger"], training["GitSha"]) == ("commit", git(laptop, "rev-parse", "HEAD").strip())
    wait_until(lambda: versions(laptop) == [1], SOON)
    release = github.succeed("release", 0)
    assert "names no version yet" in github.log(release["id"])
    give_app(laptop, app_words(laptop, github), "production")


def test_an_approval_is_served_by_staging_and_proposed_though_github_is_down_and_a_machine_breaks(
    laptop: Laptop, github: StandIn
) -> None:
    github.steer("fault", status=502, requests=4, only="/pulls")
    decide(laptop, 1, "Approved")
    wait_until(lambda: served(laptop, STAGING) == arn_of(1), SOON)
    number = github.newest("promote")
    github.call("POST", f"/actions/runs/{number}/cancel")
    github.wait("promote", number - 1, SOON)
    assert github.pulls() == []
    github.call("POST", f"/actions/runs/{number}/rerun")
    github.succeed("promote", 0)
    github.cancel_all("ci")
    (pull,) = github.pulls()
    assert pull["user"]["login"] == "shop-delivery[bot]"
    assert github.runs("ci")[0]["event"] == "pull_request", "the App's request is checked by itself"
    for text in ("## Challenger and champion", "## Gates", "## Fairness", "## Staging", "```mermaid", arn_of(1)):
        assert text in pull["body"]
    kept = github.directory / "workflows" / "artifacts" / str(number) / "training-report"
    assert [path.suffix for path in kept.iterdir()] == [".html"]
    assert served(laptop, PRODUCTION) is None, "nobody has merged it"
    assert "none" in github.file(FILE)


def test_what_a_request_changes_in_aws_is_one_comment(laptop: Laptop, github: StandIn) -> None:
    number = github.pulls()[0]["number"]
    for environment in ("dev", "production", "dev"):
        command = ("workflow", "comment-diff", str(number), "--environment", environment)
        result = as_person(laptop.at(environment), *command)
        assert result.returncode == 0, result.stdout + result.stderr
    (comment,) = github.call("GET", f"/issues/{number}/comments")
    assert comment["body"].count("<details>") == 2
    assert "purchase-intent-production-serving" in comment["body"]


def test_a_merge_lets_production_serve_it(laptop: Laptop, github: StandIn) -> None:
    before = github.newest("release")
    github.merge(github.pulls()[0]["number"])
    github.succeed("release", before)
    assert arn_of(1) in github.file(FILE)
    all_agree(laptop, 1)
    states = [status["state"] for status in github.call("GET", "/deployments")[0]["statuses"]]
    assert states == ["in_progress", "success"]
    # The stamp of the release is a change of the version, too, and no decision.
    wait_until(lambda: all(run["status"] == "completed" for run in github.runs("promote")), SOON)
    assert github.pulls() == []


def test_an_alarm_becomes_an_issue_and_a_training(laptop: Laptop, github: StandIn) -> None:
    laptop.mlops("data", "put", *laptop.months("2025-08", "2025-10"))
    laptop.at("production").client("cloudwatch").set_alarm_state(
        AlarmName=f"{PRODUCTION}-contract-data-quality", StateValue="ALARM", StateReason="a test"
    )
    # An alarm that goes on firing is told again every hour, so there may be more runs behind the first.
    wait_until(lambda: any(run["conclusion"] == "success" for run in github.runs("retrain")), SOON)
    (issue,) = [one for one in github.call("GET", "/issues?state=open") if "pull_request" not in one]
    assert issue["title"] == "The model of production broke its contract"
    assert f"{PRODUCTION}-contract-broken@" in issue["body"]
    wait_until(lambda: trainings(laptop)[-1]["Trigger"] == "drift", SOON)  # it may wait for the cooldown
    assert trainings(laptop)[-1]["WindowEnd"] == "2025-10"
    (comment,) = github.call("GET", f"/issues/{issue['number']}/comments")
    assert f"{PRODUCTION}-contract-broken@" in comment["body"]
    assert "**started**" in comment["body"] or "**waiting**" in comment["body"]
    laptop.at("production").client("cloudwatch").set_alarm_state(
        AlarmName=f"{PRODUCTION}-contract-data-quality", StateValue="OK", StateReason="a test"
    )
    wait_until(lambda: versions(laptop) == [1, 2], SOON)


def test_no_call_of_a_role_was_denied(laptop: Laptop, github: StandIn) -> None:
    """Jobs, functions and containers act as their roles, in three accounts with IAM on."""
    assert denied_calls(laptop) == set()
