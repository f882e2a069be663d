"""The commands about monitors."""

from pathlib import Path
from typing import Annotated

import typer

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.monitors import BROKEN
from sagemaker_mlops.delivery.command_line import EnvironmentOption, console, target_of
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.monitors.reports import newest_reports, show_reports
from sagemaker_mlops.delivery.monitors.retrain import retrain as request_retraining
from sagemaker_mlops.delivery.monitors.runtime import switch_runtime
from sagemaker_mlops.delivery.monitors.watch import watch_endpoint
from sagemaker_mlops.delivery.registry import describe_version
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, served_version

monitors = typer.Typer()


@monitors.command("watch")
def watch(environment: EnvironmentOption = "production") -> None:
    """Switch the monitors of an endpoint on, or give them the image of the version that serves."""
    target = target_of(environment)
    served = served_version(target)
    if not target.environment.monitored or served in (None, UNKNOWN):
        what = "serves nothing" if target.environment.monitored else "is not monitored: see monitored in the settings"
        raise DeliveryError(f"{environment} {what}")
    if not watch_endpoint(target, describe_version(target, str(served)), console.print):
        raise typer.Exit(1)
    console.print(f"watched: {target.names.endpoint}")


@monitors.command("monitoring-runtime")
def monitoring_runtime(
    runtime: Annotated[str, typer.Argument(help="model_monitor or scheduled_pipeline")],
    environment: EnvironmentOption = "production",
) -> None:
    """Choose what runs the monitors, in the environments file and in AWS; reports, metrics and alarms go on."""
    switch_runtime(target_of(environment), runtime, lambda text: console.print(text, markup=False))
    console.print(f"monitors of {environment} run with: {runtime}")


@monitors.command("put-labels")
def put_labels(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files")],
    id_column: Annotated[str, typer.Option(help="column with the inference ids")] = "inference_id",
    label_column: Annotated[str, typer.Option(help="column with the labels; default: the contract's label")] = "",
    again: Annotated[bool, typer.Option(help="upload them although the same labels were uploaded before")] = False,
    environment: EnvironmentOption = "production",
) -> None:
    """Upload labels for predictions, by inference id. The same labels again change nothing."""
    from sagemaker_mlops.delivery.monitors.put_labels import put_labels as upload_labels
    from sagemaker_mlops.delivery.monitors.put_labels import read_label_file

    target, column = target_of(environment), label_column or load_contract().label.name
    checked = [read_label_file(path, id_column, column) for path in files]  # all of them first
    for path, labels in zip(files, checked, strict=True):
        outcome = "uploaded" if upload_labels(target, labels, again=again) else "unchanged, uploaded before"
        console.print(f"{outcome}: {path.name}, {labels.labels:,} labels", markup=False)


@monitors.command("replay")
def replay(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files with rows of the contract")],
    environment: EnvironmentOption = "production",
) -> None:
    """Send the rows of files to an endpoint as requests; their record ids become the inference ids."""
    from sagemaker_mlops.delivery.monitors.replay import replay as send_rows
    from sagemaker_mlops.delivery.put_data import check_file

    contract, target = load_contract(), target_of(environment)
    for path in files:
        table = check_file(path, contract).table
        sent = send_rows(target, table, contract, lambda text: console.print(f"  {text}"))
        console.print(f"sent: {path.name}, {sent:,} requests", markup=False)


@monitors.command("monitor-reports")
def monitor_reports(environment: EnvironmentOption = "production") -> None:
    """Show what the monitors said last, and download their reports."""
    target = target_of(environment)
    if not target.environment.monitored:
        raise DeliveryError(f"{environment} is not monitored: see monitored in the settings")
    reports = newest_reports(target)
    if not reports:
        every = target.environment.monitor_every
        raise DeliveryError(f"no monitor of {environment} has run yet; after the first release they run every {every}")
    show_reports(target, console, reports)


@monitors.command("retrain")
def retrain(
    environment: EnvironmentOption = "production",
    cause_id: Annotated[str | None, typer.Option(help="the alarm's cause; default: the alarm that fires now")] = None,
) -> None:
    """Answer a broken contract: show what is broken, and ask for a training with the alarm as its cause.

    Exit code 0 whenever the cause is accounted for: started, merged, waiting or suppressed, with the reason.
    """
    target = target_of(environment)
    show_reports(target, console, newest_reports(target, BROKEN))
    outcome = request_retraining(target, cause_id)
    console.print(f"{outcome.status}: {outcome.execution_arn or outcome.reason}", markup=False)
