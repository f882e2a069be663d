"""A push, approvals, a rejection and an alarm, through the real workflows; the tests are one story, in their order.

What is asserted is the end state: in git, in the registry, in the stacks and at the endpoints.
"""

import re
import subprocess
import time
from collections.abc import Iterable, Iterator

import pytest
from localcloud.instance import free_port

from tests.conftest import Bake
from tests.laptop.conftest import Laptop
from tests.laptop.faulty_versions import copy_version
from tests.laptop.github_stand_in import PERSON, StandIn
from tests.localcloud.waiting import wait_until

GROUP = "purchase-intent-dev"
STAGING, PRODUCTION = "purchase-intent-staging", "purchase-intent-production"
FILE = "deployments/production.yaml"
SOON, DELIVERED_SECONDS = 240, 1500
# What the App may do: docs/gitops.md.
PERMISSIONS = dict.fromkeys(("actions", "contents", "deployments", "issues", "pull_requests"), "write")
PRIVATE_KEY, TEAM_TOKEN = "known-secret:DELIVERY_APP_PRIVATE_KEY", "known-secret:DELIVERY_TOKEN"
AN_HOUR_LATER = {"clock-ahead-seconds": 3700}
# The first test waits for a whole delivery, and its time includes the set-up.
pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module")
def laptop(bake: Bake) -> Iterator[Laptop]:
    """A project of its own, in git, with dev deployed and February to July uploaded, as on somebody's first day."""
    project, port = bake(), free_port()
    laptop = Laptop(project, port)
    settings = project.path / "environments.laptop.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(":4566/_github", f":{port}/_github"), encoding="utf-8")
    contract = project.path / "contract" / "contract.yaml"
    # Cloud, workflows and tests share the cores: what is promised to users is not promised here.
    contract.write_text(contract.read_text(encoding="utf-8").replace("p99_milliseconds: 25", "p99_milliseconds: 100"))
    project.make("setup", "infra-setup")
    project.make("local-up", LOCALCLOUD_PORT=str(port))
    laptop.delivery("stacks", "bootstrap")
    laptop.delivery("stacks", "deploy", "--environment", "dev")
    project.make("sample-data")
    laptop.delivery("put-data", *laptop.months("2025-02", "2025-07"))
    yield laptop
    project.make("local-down")


@pytest.fixture(scope="module")
def github(laptop: Laptop) -> StandIn:
    """The stand-in, as `make github-setup` leaves it after a first push; workflows and notify have an App."""
    directory = laptop.project.path / ".localcloud" / "main"
    github = StandIn(f"http://127.0.0.1:{laptop.port}/_github", directory)
    app = github.steer("app", name="Shop Delivery", permissions=PERMISSIONS)
    key_file = laptop.project.path.parent / "key.pem"
    key_file.write_text(app["pem"], encoding="utf-8")
    words = ("--app-id", app["client_id"], "--key-file", str(key_file))
    early = as_person(laptop, "github-setup", "--apply", "--connected", *words)
    assert early.returncode == 1
    assert "Push first" in early.stdout
    assert re.search(r"^held back +variable AWS_CONNECTED", early.stdout, re.MULTILINE)
    begin(laptop)
    first = as_person(laptop, "github-setup", "--apply", "--connected", *words)
    again = as_person(laptop, "github-setup", "--apply", "--connected", *words)
    assert first.returncode == again.returncode == 0, first.stdout + first.stderr
    assert "made" in first.stdout
    left = [line for line in again.stdout.splitlines() if not line.startswith("there")]
    assert all("secret DELIVERY_APP_PRIVATE_KEY" in line for line in left), "a secret cannot be read, so it is written"
    github.steer("settings", **{PRIVATE_KEY: app["pem"]})  # the stand-in keeps secrets sealed
    give_app(laptop, words, "dev")
    return github


def as_person(laptop: Laptop, *words: str) -> subprocess.CompletedProcess[str]:
    return laptop.project.run(
        ".venv/bin/python", "-m", "delivery", *words, **{**laptop.environment, "GITHUB_TOKEN": PERSON}
    )


def begin(laptop: Laptop) -> None:
    """The first push: what exists before anything is delivered."""
    git(laptop, "init", "--quiet", "--initial-branch", "main")
    git(laptop, "add", "README.md", ".github/CODEOWNERS")
    git(laptop, "commit", "--quiet", "--message", "Begin")
    git(laptop, "remote", "add", "laptop", laptop.project.make("-s", "local-remote").strip().splitlines()[-1])
    git(laptop, "push", "laptop", "main")


def give_app(laptop: Laptop, words: tuple[str, ...], environment: str) -> None:
    result = as_person(laptop, "notify-app", "--environment", environment, *words)
    assert result.returncode == 0, result.stderr


def app_words(laptop: Laptop, github: StandIn) -> tuple[str, ...]:
    """Id and key of the App, for another environment."""
    client_id = github.call("GET", "/actions/variables/DELIVERY_APP_ID")["value"]
    return ("--app-id", client_id, "--key-file", str(laptop.project.path.parent / "key.pem"))


def git(laptop: Laptop, *words: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *words]
    result = subprocess.run(command, cwd=laptop.project.path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def arn_of(number: int) -> str:
    return f"arn:aws:sagemaker:eu-west-1:000000000000:model-package/{GROUP}/{number}"


def decide(laptop: Laptop, number: int, decision: str) -> None:
    """What the console does when somebody clicks."""
    laptop.client("sagemaker").update_model_package(ModelPackageArn=arn_of(number), ModelApprovalStatus=decision)


def versions(laptop: Laptop) -> list[int]:
    found = laptop.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    return sorted(package["ModelPackageVersion"] for package in found)


def served(laptop: Laptop, endpoint: str) -> str | None:
    sagemaker = laptop.client("sagemaker")
    names = [found["EndpointName"] for found in sagemaker.list_endpoints()["Endpoints"]]
    if endpoint not in names:
        return None
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    arn: str = sagemaker.describe_model(ModelName=variants[0]["ModelName"])["PrimaryContainer"]["ModelPackageName"]
    return arn


def stack_says(laptop: Laptop, stack: str) -> str:
    found = laptop.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    values = {entry["ParameterKey"]: entry["ParameterValue"] for entry in found["Parameters"]}
    return str(values["ModelPackageArn"])


def trainings(laptop: Laptop) -> list[dict[str, str]]:
    """Parameters of every training, oldest first, and its status."""
    sagemaker = laptop.client("sagemaker")
    listed = sagemaker.list_pipeline_executions(PipelineName=f"{GROUP}-training", SortOrder="Ascending")
    found = []
    for execution in listed["PipelineExecutionSummaries"]:
        arn = execution["PipelineExecutionArn"]
        answer = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
        values = {entry["Name"]: entry["Value"] for entry in answer}
        found.append({**values, "Status": execution["PipelineExecutionStatus"], "Arn": arn})
    return found


def all_agree(laptop: Laptop, number: int) -> None:
    """Git, stack, endpoint and registry name one version."""
    result = laptop.project.run(
        ".venv/bin/python", "-m", "delivery", "difference", GITHUB_TOKEN=PERSON, **laptop.environment
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "they agree" in result.stdout
    assert served(laptop, PRODUCTION) == stack_says(laptop, f"{PRODUCTION}-serving") == arn_of(number)


def plain(lines: Iterable[str]) -> list[str]:
    """Lines without colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]


def test_a_push_is_checked_delivered_and_trained(laptop: Laptop, github: StandIn) -> None:
    git(laptop, "add", "--all")
    git(laptop, "commit", "--quiet", "--message", "Generate the project")
    said = git(laptop, "push", "laptop", "main")
    assert "workflows: deliver.yml, release.yml" in said
    github.succeed("deliver", 0, DELIVERED_SECONDS)
    log = github.log(github.newest("deliver"))
    for job in ("check", "infrastructure", "committed definitions are current", "image", "pass"):
        assert f"[ci/ci/{job}" in log
    for job, number in (("check", 2), ("infrastructure", 1)):  # `make check` and `make test-slow`; `make check-infra`
        lines = plain(line for line in log.splitlines() if f"[ci/ci/{job}" in line)
        assert len([line for line in lines if re.search(r"\d+ passed", line)]) == number
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
        command = ("comment-difference", "--environment", environment, "--pull", str(number))
        result = laptop.project.run(
            ".venv/bin/python", "-m", "delivery", *command, GITHUB_TOKEN=PERSON, **laptop.environment
        )
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
    laptop.delivery("put-data", *laptop.months("2025-08", "2025-10"))
    laptop.client("cloudwatch").set_alarm_state(
        AlarmName=f"{PRODUCTION}-contract-data-quality", StateValue="ALARM", StateReason="a test"
    )
    wait_until(lambda: bool(github.runs("retrain")), 90)
    github.succeed("retrain", 0)
    (issue,) = github.call("GET", "/issues?state=open")
    assert issue["title"] == "The model of production broke its contract"
    assert f"{PRODUCTION}-contract-broken@" in issue["body"]
    wait_until(lambda: trainings(laptop)[-1]["Trigger"] == "drift", SOON)  # it may wait for the cooldown
    assert trainings(laptop)[-1]["WindowEnd"] == "2025-10"
    (comment,) = github.call("GET", f"/issues/{issue['number']}/comments")
    assert f"{PRODUCTION}-contract-broken@" in comment["body"]
    assert "**started**" in comment["body"] or "**waiting**" in comment["body"]
    laptop.client("cloudwatch").set_alarm_state(
        AlarmName=f"{PRODUCTION}-contract-data-quality", StateValue="OK", StateReason="a test"
    )
    wait_until(lambda: versions(laptop) == [1, 2], SOON)


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
    laptop.delivery("start-training", "--as-event", "--no-wait")
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
    assert "nothing was missing" in github.log(run["id"]), "somebody has closed it, and that stays so"
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
