"""Commands about trainings."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import Result, console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.checkout import checked_out_commit
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.execution import follow
from sagemaker_mlops.delivery.gitops.outputs import write_outputs
from sagemaker_mlops.delivery.image_sources import read_image_uri
from sagemaker_mlops.delivery.start_training import Outcome, new_cause_id, parse_window, request_training
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.events.start_training.cause import Cause, InvalidCause, parse_cause

REFUSED, NOT_STARTED, INTERRUPTED = 2, 3, 130
STARTED = "started"

application = typer.Typer(no_args_is_help=True, help="Start trainings, follow them and read their reports.")
ExecutionArgument = Annotated[str, typer.Argument(help="ARN of a training's pipeline execution")]


@command(application, "start")
def start(
    window: Annotated[
        str,
        typer.Option(
            help="first and last month, such as 2025-02:2025-07; default: operations.yaml", show_default=False
        ),
    ] = "",
    environment: EnvironmentOption = "dev",
    image: Annotated[
        str | None, typer.Option(help="image URI; default: the image built last", show_default=False)
    ] = None,
    cause: Annotated[str, typer.Option(help="commit, schedule, new-data, drift or manual")] = "manual",
    cause_id: Annotated[
        str | None, typer.Option(help="a cause with this id starts only one training", show_default=False)
    ] = None,
    git_sha: Annotated[
        str, typer.Option(help="commit that is trained; default: the one checked out", show_default=False)
    ] = "",
    wait: Annotated[bool, typer.Option(help="follow the training to its end")] = True,
    report: Annotated[bool, typer.Option(help="write the report when the training has ended")] = True,
    as_event: Annotated[
        bool,
        typer.Option("--as-event", help="request it as an event does: deployed image, no waiting, exit code 0"),
    ] = False,
) -> Result:
    """Start a training and follow it to its end.

    Exit codes: 0 a version was registered; 2 the data or the model were refused; 3 the training has not started yet,
    for the reason that is printed.
    """
    months = parse_window(window) if window else None
    image_uri = "" if as_event else read_image_uri(image)
    requested = _cause(cause, cause_id, months, image_uri, git_sha or checked_out_commit())
    target = target_of(environment)
    outcome = request_training(target, requested)
    write_outputs("start-training", asdict(outcome))
    if outcome.status != STARTED:
        say(f"{outcome.status}: {outcome.reason}")
        return Result(asdict(outcome), 0 if as_event else NOT_STARTED)
    say(f"started: {outcome.execution_arn}")
    if as_event or not wait:
        return Result(asdict(outcome))
    return _follow(target, outcome, write_report=report)


def _follow(target: Target, outcome: Outcome, *, write_report: bool) -> Result:
    arn = outcome.execution_arn
    try:
        state = follow(target, arn, console)
    except KeyboardInterrupt:
        say(f"\nthe training continues. Its report: mlops train report {arn}\nTo stop it: mlops train stop {arn}")
        raise typer.Exit(INTERRUPTED) from None
    page = _write_report(target, arn) if write_report else None
    document = asdict(outcome) | {
        "status": state.status,
        "reason": state.reason,
        "model_package_arn": state.model_package_arn,
        "report": page,
    }
    if state.status != "Succeeded" or state.model_package_arn is None:
        console.print(f"{state.status}: {state.reason}", style="red", markup=False)
        return Result(document, REFUSED)
    say(f"registered: {state.model_package_arn}")
    return Result(document)


def _cause(kind: str, cause_id: str | None, window: tuple[str, str] | None, image_uri: str, git_sha: str) -> Cause:
    try:
        return parse_cause(Cause(kind, cause_id or new_cause_id(), window, image_uri, git_sha).as_event())
    except InvalidCause as error:
        raise DeliveryError(str(error)) from None


@command(application, "stop")
def stop(execution_arn: ExecutionArgument, environment: EnvironmentOption = "dev") -> Mapping[str, Any]:
    """Stop a running training."""
    sagemaker = target_of(environment).client("sagemaker")
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution_arn, ClientRequestToken=new_cause_id())
    say(f"stopping: {execution_arn}")
    return {"execution_arn": execution_arn, "status": "Stopping"}


@command(application, "report")
def report(execution_arn: ExecutionArgument, environment: EnvironmentOption = "dev") -> Mapping[str, Any]:
    """Write the report of a training: one HTML file that needs no network."""
    return {"report": _write_report(target_of(environment), execution_arn)}


def _write_report(target: Target, execution_arn: str) -> str:
    from sagemaker_mlops.delivery.report.build import build_report  # plotting is slow to import, and only needed here

    page = str(build_report(target, execution_arn))
    say(f"report: {page}")
    return page
