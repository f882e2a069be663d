"""The commands of the workflows. They do the same from a laptop, with the AWS credentials and a token of one's own."""

import json
import os
from typing import Annotated

import typer
from rich.table import Table

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.monitors import BROKEN
from sagemaker_mlops.delivery.command_line import EnvironmentOption, console, target_of
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.client import github_client
from sagemaker_mlops.delivery.github.repository import Repository
from sagemaker_mlops.delivery.gitops import reconcile as reconciling
from sagemaker_mlops.delivery.gitops.changing_stacks import wait_for_stacks
from sagemaker_mlops.delivery.gitops.decision_sheet import Check, decision_sheet
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, recorded_version
from sagemaker_mlops.delivery.gitops.difference import rows
from sagemaker_mlops.delivery.gitops.difference_comment import put_section
from sagemaker_mlops.delivery.gitops.drift_issue import link_training
from sagemaker_mlops.delivery.gitops.drift_issue import report_drift as put_drift_issue
from sagemaker_mlops.delivery.gitops.evaluation_record import execution_arn, read_record
from sagemaker_mlops.delivery.gitops.newest_commit import superseded_by
from sagemaker_mlops.delivery.gitops.outputs import read_outputs, summarize, write_outputs
from sagemaker_mlops.delivery.gitops.promotion import Promotion
from sagemaker_mlops.delivery.gitops.release_record import ReleaseOutcome, record_outcome, start_record
from sagemaker_mlops.delivery.gitops.staging_tests import refuse_failed, retraining_check, run_staging_tests
from sagemaker_mlops.delivery.monitors.reports import newest_reports
from sagemaker_mlops.delivery.registry import NONE, describe_version, stamp_failure
from sagemaker_mlops.delivery.stacks.cdk_cli import synthesize
from sagemaker_mlops.delivery.stacks.difference import difference_text
from sagemaker_mlops.delivery.start_training import Outcome
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.delivery.target import target_of as target_by_name

gitops = typer.Typer()
VersionOption = Annotated[str, typer.Option("--model-package-arn", help="the version's ARN in the registry")]
DIFFERS = 3


def _tell(text: str) -> None:
    console.print(text, markup=False)


def _registry() -> Target:
    return target_of(target_by_name("production").settings.registry_environment)


def _repository(target: Target) -> Repository:
    github = target.settings.github
    return Repository(github_client(github), github.delivery_login)


def _promotion(target: Target, environment: str) -> Promotion:
    return Promotion(target.registry, _repository(target), environment, _tell)


def _run_url() -> str:
    parts = [os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""


@gitops.command("check-decision")
def check_decision(
    model_package_arn: VersionOption,
    environment: EnvironmentOption = "production",
    event_id: Annotated[str, typer.Option(help="the event that asks; without one a person insists")] = "",
) -> None:
    """Tell what is to be done about a version that was approved or rejected: propose, withdraw, revert or nothing."""
    registry = _registry()
    situation = _promotion(registry, environment).look(model_package_arn, asked_by_event=bool(event_id))
    decision = situation.decision
    values = {
        "action": decision.action,
        "reason": decision.reason,
        "execution": execution_arn(registry, situation.version),
    }
    write_outputs("check-decision", values)
    _tell(f"{decision.action}: {decision.reason}")
    summarize(f"**{decision.action}**: {decision.reason}")


@gitops.command("stage-test")
def stage_test(model_package_arn: VersionOption, environment: EnvironmentOption = "staging") -> None:
    """Test a version where it serves for the first time. Exit code 1: a test failed, and the registry has it."""
    target = target_of(environment)
    version = describe_version(target, model_package_arn)
    checks = run_staging_tests(target, version, load_contract())
    for check in checks:
        _tell(f"{'ok    ' if check.passed else 'FAILED'} {check.name}: {check.said}")
    write_outputs("stage-test", {"checks": [vars(check) for check in checks]})
    failed = [check.name for check in checks if not check.passed]
    if failed:
        stamp_failure(target, version, "; ".join(failed))
    refuse_failed(checks)


@gitops.command("propose")
def propose(
    model_package_arn: VersionOption,
    environment: EnvironmentOption = "production",
    checks: Annotated[str, typer.Option(help="what stage-test wrote; default: build/outputs/stage-test.json")] = "",
) -> None:
    """Open the pull request that lets an environment serve a version; its body is the decision sheet."""
    registry = _registry()
    promotion = _promotion(registry, environment)
    situation = promotion.look(model_package_arn, asked_by_event=False)  # staging has just tested it
    if situation.decision.action != "propose":
        _tell(f"nothing is proposed: {situation.decision.reason}")
        return
    tested = [*_checks(checks), retraining_check(registry)]
    refuse_failed(tested)
    sheet = decision_sheet(
        situation.version,
        read_record(registry, situation.version),
        tested,
        environment=environment,
        recorded_arn=situation.recorded_arn,
        run_url=_run_url(),
    )
    pull = promotion.propose(situation.version, sheet)
    write_outputs("propose", {"url": pull.url, "number": pull.number})
    _tell(f"proposed: {pull.url}")
    summarize(f"Proposed: {pull.url}\n\n{sheet}")


def _checks(text: str) -> list[Check]:
    found = json.loads(text) if text else read_outputs("stage-test").get("checks")
    if not found:
        raise DeliveryError(
            "expected what staging's tests said, found nothing. Run them first: make stage-test ARN=..."
        )
    return [Check(str(one["name"]), bool(one["passed"]), str(one["said"])) for one in found]


@gitops.command("take-back")
def take_back(model_package_arn: VersionOption, environment: EnvironmentOption = "production") -> None:
    """Answer a rejection: close the version's request, or revert the file that names it.

    Exit code 1: it serves, and there is no other version to go back to.
    """
    promotion = _promotion(_registry(), environment)
    situation = promotion.look(model_package_arn)
    action = situation.decision.action
    if action == "withdraw" and situation.proposal:
        promotion.withdraw(situation.version, situation.proposal)
        _tell(f"closed: {situation.proposal.url}")
    elif action == "revert":
        pull, refusal = promotion.revert(situation)
        write_outputs("take-back", {"url": pull.url, "merged": not refusal})
        _tell(f"waits for a person to merge it: {pull.url} ({refusal})" if refusal else f"merged: {pull.url}")
    else:
        _tell(f"nothing to take back: {situation.decision.reason}")


@gitops.command("start-release-record")
def start_release_record(environment: EnvironmentOption = "production") -> None:
    """Tell GitHub that the version in the deployment file is being released."""
    arn = recorded_version(environment)
    if arn == NONE:
        write_outputs("release-record", {"version": NONE})
        _tell(f"{file_path(environment)} names no version yet, so there is nothing to release")
        return
    promotion = _promotion(target_by_name(environment), environment)
    promotion.renew_proposals()
    identity = start_record(promotion, arn, promotion.repository.head() or "", _tell)
    write_outputs("release-record", {"version": arn, "id": identity})


@gitops.command("finish-release-record")
def finish_release_record(environment: EnvironmentOption = "production") -> None:
    """Tell GitHub how the release went.

    A failed one gets an issue and, if it was given back, a request that lets git say what serves.
    """
    started = read_outputs("release-record")
    if "id" not in started:
        raise DeliveryError("expected a release that was begun, found none: start-release-record comes first")
    outcome = ReleaseOutcome.of(read_outputs("release"))
    record_outcome(_promotion(target_by_name(environment), environment), outcome, started["id"], _run_url())


@gitops.command("report-drift")
def report_drift(
    cause_id: Annotated[str, typer.Option(help="the alarm's cause, as notify tells it")],
    environment: EnvironmentOption = "production",
) -> None:
    """Open the issue about a broken contract, or write the open one again."""
    target = target_of(environment)
    issue = put_drift_issue(_repository(target), environment, cause_id, newest_reports(target, BROKEN))
    write_outputs("report-drift", {"number": issue.number, "url": issue.url})
    _tell(f"issue: {issue.url}")


@gitops.command("link-training")
def link_training_to_issue(
    issue: Annotated[int, typer.Option(help="number of the issue")],
    cause_id: Annotated[str, typer.Option(help="the alarm's cause, as notify tells it")],
) -> None:
    """Say in an issue what became of its cause, as start-training said it last."""
    said = read_outputs("start-training")
    if not said:
        raise DeliveryError("expected what start-training said, found nothing")
    outcome = Outcome(said["status"], said["reason"], said["execution_arn"])
    link_training(_repository(target_by_name("production")), issue, cause_id, outcome)
    _tell(f"told: issue {issue}, {outcome.status}")


@gitops.command("difference")
def difference(environment: EnvironmentOption = "production") -> None:
    """Compare git, stack, endpoint and registry, and say how to settle a difference. Exit code 3: they differ."""
    target = target_of(environment)
    reconciling.require_serving(target)
    places, found = reconciling.look(target, _promotion(target, environment))
    table = Table("place", "says", box=None)
    for row in rows(places):
        table.add_row(*row)
    console.print(table)
    write_outputs("difference", {"places": dict(rows(places)), "differences": [one.text for one in found]})
    for one in found:
        console.print(f"differs: {one.text}", style="red", markup=False)
    if found:
        raise typer.Exit(DIFFERS)
    _tell("they agree")


@gitops.command("reconcile")
def reconcile(environment: EnvironmentOption = "production") -> None:
    """Start the workflow of every event that was lost; does nothing twice."""
    target = target_of(environment)
    reconciling.require_serving(target)
    promotion = _promotion(target, environment)
    _, found = reconciling.look(target, promotion)
    started = reconciling.reconcile(target, promotion, found, _tell)
    write_outputs("reconcile", {"started": started, "differences": [one.text for one in found]})
    _tell(f"started: {', '.join(started)}" if started else "nothing was missing")


@gitops.command("wait-for-stacks")
def wait_until_stacks_rest(
    environment: EnvironmentOption = "production",
    minutes: Annotated[float, typer.Option(min=0, help="how long to wait at most")] = 120,
) -> None:
    """Wait while somebody else changes the stacks of an environment: a delivery, or a release."""
    wait_for_stacks(target_of(environment), _tell, minutes)


@gitops.command("check-newest")
def check_newest(commit: Annotated[str, typer.Option(help="the commit that is to be deployed")]) -> None:
    """Tell whether a commit is still the one to deploy; a newer one on main is deployed by its own run."""
    reason = superseded_by(_repository(target_by_name("production")), commit)
    write_outputs("check-newest", {"newest": not reason})
    _tell(f"nothing is deployed: {reason}; its own run deploys it" if reason else "the newest commit")
    if reason:
        summarize(f"**Nothing was deployed**: {reason}; its own run deploys it.")


@gitops.command("comment-difference")
def comment_difference(
    pull: Annotated[int, typer.Option(help="number of the pull request")], environment: EnvironmentOption = "dev"
) -> None:
    """Show in a pull request what merging it would change in AWS; one comment, written again with every commit."""
    target = target_of(environment)
    synthesize()
    put_section(_repository(target), pull, environment, difference_text(target))
    _tell(f"told: pull request {pull}, {environment}")
