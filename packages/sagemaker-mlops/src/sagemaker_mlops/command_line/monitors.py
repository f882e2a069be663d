"""Commands about the monitors of an endpoint."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import Result, console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.monitors import LATEST_VIOLATION_REPORT
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.monitors.alarms import alarms as find_alarms
from sagemaker_mlops.delivery.monitors.reports import newest_reports, show_reports
from sagemaker_mlops.delivery.monitors.retrain import retrain as request_retraining
from sagemaker_mlops.delivery.monitors.runtime import switch_runtime
from sagemaker_mlops.delivery.monitors.watch import enable_monitoring
from sagemaker_mlops.delivery.registry import describe_version
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, served_version

application = typer.Typer(no_args_is_help=True, help="Monitor an endpoint and retrain when the contract is broken.")


@command(application, "enable")
def enable(environment: EnvironmentOption = "production") -> Result:
    """Enable the monitors, or give them the image of the served version. Releases do it, too.

    Exit code 1: a monitor could not be enabled.
    """
    target = target_of(environment)
    served = served_version(target)
    if not target.environment.monitored:
        raise DeliveryError(f"{environment} is not monitored; set monitored: true in the environments file")
    if served in (None, UNKNOWN):
        raise DeliveryError(f"{environment} serves no version, so there is nothing to monitor: mlops release")
    is_enabled = enable_monitoring(target, describe_version(target, str(served)), console.print)
    document = {"endpoint": target.names.endpoint, "enabled": is_enabled}
    if not is_enabled:
        return Result(document, 1)
    say(f"monitored: {target.names.endpoint}")
    return Result(document)


@command(application, "runtime")
def runtime(
    runtime: Annotated[str, typer.Argument(help="model_monitor or scheduled_pipeline")],
    environment: EnvironmentOption = "production",
) -> Mapping[str, Any]:
    """Choose what runs the monitors, in the environments file and in AWS. Reports, metrics and alarms are kept."""
    switch_runtime(target_of(environment), runtime, say)
    say(f"monitors of {environment} run with: {runtime}")
    return {"environment": environment, "runtime": runtime}


@command(application, "reports")
def reports(environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Show the newest report of each monitor and download its page."""
    target = target_of(environment)
    if not target.environment.monitored:
        raise DeliveryError(f"{environment} is not monitored; set monitored: true in the environments file")
    found = newest_reports(target)
    if not found:
        every = target.environment.monitor_every
        raise DeliveryError(f"no monitor of {environment} has run yet; after the first release they run every {every}")
    pages = show_reports(target, console, found)
    documents = [
        report.summary | {"kind": report.kind, "page": str(page)} for report, page in zip(found, pages, strict=True)
    ]
    return {"reports": documents}


@command(application, "alarms")
def alarms(environment: EnvironmentOption = "production") -> Mapping[str, Any]:
    """Show the alarms of an environment, those that fire first, each with its reason and its runbook."""
    found = find_alarms(target_of(environment))
    if not found:
        raise DeliveryError(f"{environment} has no alarms yet. Deploy them: mlops deploy -e {environment}")
    for alarm in found:
        say(f"{alarm.state:<17} {alarm.name}, since {alarm.since:%Y-%m-%dT%H:%M:%S%z}")
        if alarm.state == "ALARM":
            say(f"  {alarm.reason}")
            say(f"  {alarm.description}")
    return {"alarms": [asdict(alarm) | {"since": alarm.since.isoformat()} for alarm in found]}


@command(application, "retrain")
def retrain(
    environment: EnvironmentOption = "production",
    cause_id: Annotated[
        str | None, typer.Option(help="id of the alarm's cause; default: the firing alarm's", show_default=False)
    ] = None,
) -> Mapping[str, Any]:
    """Request a training because the contract is broken, with the alarm as its cause.

    Exit code 0 whenever the cause is recorded: started, merged, waiting or suppressed, with the reason.
    """
    target = target_of(environment)
    show_reports(target, console, newest_reports(target, LATEST_VIOLATION_REPORT))
    outcome = request_retraining(target, cause_id)
    say(f"{outcome.status}: {outcome.execution_arn or outcome.reason}")
    if outcome.execution_arn:
        report = f"mlops train report {outcome.execution_arn} -e {target.registry.name}"
        say(f"next, when it has ended: {report}; then mlops versions")
    return asdict(outcome)
