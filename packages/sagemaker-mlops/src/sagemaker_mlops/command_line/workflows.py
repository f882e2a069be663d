"""Commands of the workflows. They work on a laptop, too, with AWS credentials and a token in GITHUB_TOKEN."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from sagemaker_mlops.command_line.github_access import promotion_of, registry_target, repository_of, run_url
from sagemaker_mlops.command_line.options import EnvironmentOption, VersionArgument, target_of
from sagemaker_mlops.command_line.output import say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.monitors import LATEST_VIOLATION_REPORT
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.gitops.changing_stacks import wait_for_stacks
from sagemaker_mlops.delivery.gitops.decision_sheet import Check, decision_sheet
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, recorded_version
from sagemaker_mlops.delivery.gitops.difference_comment import put_section
from sagemaker_mlops.delivery.gitops.drift_issue import link_training as link_training_to_issue
from sagemaker_mlops.delivery.gitops.drift_issue import report_drift as write_drift_issue
from sagemaker_mlops.delivery.gitops.evaluation_record import contract_of, execution_arn, read_record
from sagemaker_mlops.delivery.gitops.newest_commit import superseded_by
from sagemaker_mlops.delivery.gitops.outputs import read_outputs, summarize, write_outputs
from sagemaker_mlops.delivery.gitops.release_record import ReleaseOutcome, record_outcome, start_record
from sagemaker_mlops.delivery.gitops.staging_tests import refuse_failed, retraining_check, run_staging_tests
from sagemaker_mlops.delivery.gitops.workflow_role import workflow_role
from sagemaker_mlops.delivery.monitors.reports import newest_reports
from sagemaker_mlops.delivery.registry import NONE, describe_version, stamp_failure
from sagemaker_mlops.delivery.stacks.difference import difference_text
from sagemaker_mlops.delivery.stacks.synthesis import synthesize
from sagemaker_mlops.delivery.start_training import Outcome
from sagemaker_mlops.delivery.target import target_of as target_by_name
from sagemaker_mlops.environments.settings import load_settings

application = typer.Typer(no_args_is_help=True, help="Steps of the GitHub workflows.")
UPDATE_BODY = """Changes between two versions of the template that this project was generated from.

| | |
|---|---|
| template | {template} |
| from | `{before}` |
| to | `{after}` |
| files | {changed} |

The template's CHANGELOG has the changes and, for each release, what to do by hand. Your own edits are kept; the checks
of this pull request run on the result.
"""
CauseIdOption = Annotated[str, typer.Option(help="id of the alarm's cause, as the notify function sends it")]


@command(application, "role")
def role(
    environment: Annotated[
        str, typer.Option("--environment", "-e", help="dev, staging, production, or registry for the one that trains")
    ],
    kind: Annotated[Literal["difference", "read", "deploy"], typer.Option(help="what the job may do")] = "read",
) -> Mapping[str, Any]:
    """Print the AWS role of a job. It follows from the settings, so GitHub stores nothing about AWS."""
    values = workflow_role(load_settings(), environment, kind)
    write_outputs("workflow-role", values)
    for name, value in values.items():
        say(f"{name}: {value}")
    return values


@command(application, "check-decision")
def check_decision(
    model_package_arn: VersionArgument,
    environment: EnvironmentOption = "production",
    event_id: Annotated[str, typer.Option(help="event that asks; without one, a person does", show_default=False)] = "",
) -> Mapping[str, Any]:
    """Decide what follows from an approval or a rejection: propose, withdraw, revert or nothing."""
    registry = registry_target()
    situation = promotion_of(registry, environment).look(model_package_arn, is_event=bool(event_id))
    decision = situation.decision
    values = {
        "action": decision.action,
        "reason": decision.reason,
        "execution": execution_arn(registry, situation.version),
    }
    write_outputs("check-decision", values)
    say(f"{decision.action}: {decision.reason}")
    summarize(f"**{decision.action}**: {decision.reason}")
    return values


@command(application, "stage-test")
def stage_test(model_package_arn: VersionArgument, environment: EnvironmentOption = "staging") -> Mapping[str, Any]:
    """Test a version where it is served first. Exit code 1: a test failed, and the registry records it."""
    target = target_of(environment)
    version = describe_version(target, model_package_arn)
    checks = run_staging_tests(target, version, load_contract())
    for check in checks:
        say(f"{'ok    ' if check.passed else 'FAILED'} {check.name}: {check.said}")
    document = {"checks": [vars(check) for check in checks]}
    write_outputs("stage-test", document)
    failed = [check.name for check in checks if not check.passed]
    if failed:
        stamp_failure(target, version, "; ".join(failed))
    refuse_failed(checks)
    return document


@command(application, "propose")
def propose(
    model_package_arn: VersionArgument,
    environment: EnvironmentOption = "production",
    checks: Annotated[
        str,
        typer.Option(
            envvar="CHECKS", help="result of stage-test; default: build/outputs/stage-test.json", show_default=False
        ),
    ] = "",
) -> Mapping[str, Any]:
    """Open the pull request that makes an environment serve a version. Its body is the decision sheet."""
    registry = registry_target()
    promotion = promotion_of(registry, environment)
    situation = promotion.look(model_package_arn, is_event=False)  # staging has just tested it
    if situation.decision.action != "propose":
        say(f"nothing is proposed: {situation.decision.reason}")
        return {"url": None, "reason": situation.decision.reason}
    tested = [*_checks(checks), retraining_check(registry)]
    refuse_failed(tested)
    recorded = situation.recorded_arn
    sheet = decision_sheet(
        situation.version,
        read_record(registry, situation.version),
        tested,
        environment=environment,
        recorded_arn=situation.recorded_arn,
        run_url=run_url(),
        served_contract=None if recorded == NONE else contract_of(registry, describe_version(registry, recorded)),
    )
    pull = promotion.propose(situation.version, sheet)
    document = {"url": pull.url, "number": pull.number}
    write_outputs("propose", document)
    say(f"proposed: {pull.url}")
    summarize(f"Proposed: {pull.url}\n\n{sheet}")
    return document


def _checks(text: str) -> list[Check]:
    found = json.loads(text) if text else read_outputs("stage-test").get("checks")
    if not found:
        raise DeliveryError(
            "expected the results of the staging tests, found none. Run them first: mlops workflow stage-test ARN"
        )
    return [Check(str(one["name"]), bool(one["passed"]), str(one["said"])) for one in found]


@command(application, "take-back")
def take_back(model_package_arn: VersionArgument, environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Handle a rejection: close the version's pull request, or revert the file that names it.

    Exit code 1: the version is served, and there is no other version to roll back to.
    """
    promotion = promotion_of(registry_target(), environment)
    situation = promotion.look(model_package_arn)
    action = situation.decision.action
    document: dict[str, Any] = {"action": action, "reason": situation.decision.reason}
    if action == "withdraw" and situation.proposal:
        promotion.withdraw(situation.version, situation.proposal)
        say(f"closed: {situation.proposal.url}")
    elif action == "revert":
        pull, refusal = promotion.revert(situation)
        document |= {"url": pull.url, "merged": not refusal}
        write_outputs("take-back", {"url": pull.url, "merged": not refusal})
        say(f"waits for a person to merge it: {pull.url} ({refusal})" if refusal else f"merged: {pull.url}")
    else:
        say(f"nothing to take back: {situation.decision.reason}")
    return document


@command(application, "start-release-record")
def start_release_record(environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Record on GitHub that the version in the deployment file is being released."""
    arn = recorded_version(environment)
    if arn == NONE:
        document = {"version": NONE}
        write_outputs("release-record", document)
        say(f"{file_path(environment)} names no version yet, so there is nothing to release")
        return document
    promotion = promotion_of(target_by_name(environment), environment)
    promotion.renew_proposals()
    identity = start_record(promotion, arn, promotion.repository.head() or "", say)
    write_outputs("release-record", {"version": arn, "id": identity})
    return {"version": arn, "id": identity}


@command(application, "finish-release-record")
def finish_release_record(environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Record on GitHub how the release ended.

    A failed release gets an issue. If it was rolled back, it also gets a pull request that reverts the deployment file.
    """
    started = read_outputs("release-record")
    if "id" not in started:
        raise DeliveryError("expected a release that was started, found none: start-release-record comes first")
    outcome = ReleaseOutcome.of(read_outputs("release"))
    record_outcome(promotion_of(target_by_name(environment), environment), outcome, started["id"], run_url())
    return read_outputs("release")


@command(application, "report-drift")
def report_drift(cause_id: CauseIdOption, environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Open the issue about a broken contract, or update the open one."""
    target = target_of(environment)
    issue = write_drift_issue(
        repository_of(target), environment, cause_id, newest_reports(target, LATEST_VIOLATION_REPORT)
    )
    document = {"number": issue.number, "url": issue.url}
    write_outputs("report-drift", document)
    say(f"issue: {issue.url}")
    return document


@command(application, "link-training")
def link_training(
    issue: Annotated[int, typer.Argument(help="number of the issue")], cause_id: CauseIdOption
) -> Mapping[str, Any]:
    """Record in an issue what the cause led to, as the last `mlops train start` reported it."""
    found = read_outputs("start-training")
    if not found:
        raise DeliveryError("expected the result of mlops train start, found none")
    outcome = Outcome(found["status"], found["reason"], found["execution_arn"])
    link_training_to_issue(repository_of(target_by_name("production")), issue, cause_id, outcome)
    say(f"updated: issue {issue}, {outcome.status}")
    return {"issue": issue, "status": outcome.status}


@command(application, "open-update")
def open_update(
    branch: Annotated[str, typer.Argument(help="branch with the changes of the template update")],
) -> Mapping[str, Any]:
    """Open the pull request of a template update, or return the open one of its branch."""
    found = read_outputs("template-update")
    if not found:
        raise DeliveryError("expected the result of mlops template update, found none")
    body = UPDATE_BODY.format(**found)
    pull = repository_of(target_by_name("dev")).open_pull(branch, str(found["title"]), body)
    document = {"url": pull.url, "number": pull.number}
    write_outputs("open-update", document)
    say(f"opened: {pull.url}")
    summarize(f"Opened: {pull.url}")
    return document


@command(application, "wait-for-stacks")
def wait_until_stacks_rest(
    environment: EnvironmentOption = "production",
    minutes: Annotated[float, typer.Option(min=0, help="longest wait")] = 120,
) -> Mapping[str, Any]:
    """Wait until no other deployment or release changes the stacks of an environment."""
    wait_for_stacks(target_of(environment), say, minutes)
    return {"environment": environment}


@command(application, "check-newest")
def check_newest(
    commit: Annotated[str, typer.Argument(help="hash of the commit to deploy")],
) -> Mapping[str, Any]:
    """Check whether a commit is still the newest on main; a newer one is deployed by its own run."""
    reason = superseded_by(repository_of(target_by_name("production")), commit)
    write_outputs("check-newest", {"newest": not reason})
    say(f"nothing is deployed: {reason}; its own run deploys it" if reason else "the newest commit")
    if reason:
        summarize(f"**Nothing was deployed**: {reason}; its own run deploys it.")
    return {"newest": not reason, "reason": reason}


@command(application, "comment-diff")
def comment_diff(
    pull: Annotated[int, typer.Argument(help="number of the pull request")], environment: EnvironmentOption = "dev"
) -> Mapping[str, Any]:
    """Comment on a pull request what merging it would change in AWS. Every commit updates the same comment."""
    target = target_of(environment)
    synthesize()
    difference = difference_text(target)
    put_section(repository_of(target), pull, environment, difference)
    say(f"commented: pull request {pull}, {environment}")
    return {"pull": pull, "environment": environment, "difference": difference}
