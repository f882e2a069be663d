"""`python -m sagemaker_mlops.delivery COMMAND`: the commands that people and workflows run.

What takes long to import (tables, statistics, plots) is imported by the commands that need it: every other one would
wait for it, too.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from sagemaker_mlops.contract.contract import ContractError, load_contract
from sagemaker_mlops.delivery import registry
from sagemaker_mlops.delivery.command_line import EnvironmentOption, console, target_of
from sagemaker_mlops.delivery.container.commands import containers
from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused
from sagemaker_mlops.delivery.execution import follow
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.gitops.commands import gitops
from sagemaker_mlops.delivery.gitops.deployment_file import version_to_release
from sagemaker_mlops.delivery.gitops.outputs import forget_outputs, write_outputs
from sagemaker_mlops.delivery.gitops.setup_commands import setup
from sagemaker_mlops.delivery.image import build_image as image_builder
from sagemaker_mlops.delivery.image_sources import read_image_uri
from sagemaker_mlops.delivery.monitors.commands import monitors
from sagemaker_mlops.delivery.predict import predict as ask_endpoint
from sagemaker_mlops.delivery.releases.release import Release, Releaser
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, served_version
from sagemaker_mlops.delivery.stacks.commands import infrastructure
from sagemaker_mlops.delivery.start_training import new_cause_id, parse_window, request_training
from sagemaker_mlops.delivery.traffic import send_traffic
from sagemaker_mlops.environments.operations import load_operations
from sagemaker_mlops.environments.settings import SettingsError
from sagemaker_mlops.events.start_training.cause import Cause, InvalidCause, parse_cause

application = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
INTERRUPTED = 130  # as shells have it: 128 and the number of the signal
ArnOption = Annotated[str | None, typer.Option("--model-package-arn", help="the version's ARN in the registry")]


application.add_typer(infrastructure, name="stacks")
application.add_typer(monitors)
application.add_typer(gitops)
application.add_typer(containers)
application.add_typer(setup)


@application.command("build-image")
def build_image(
    tag: Annotated[str, typer.Option(help="tag of the image; default: by its sources, and built only once")] = "",
    base_image: Annotated[str, typer.Option(help="base image by digest; default: the Dockerfile's own")] = "",
    environment: EnvironmentOption = "dev",
) -> None:
    """Build and push the image of this code."""
    image_uri = image_builder(target_of(environment), tag, base_image)
    write_outputs("build-image", {"image": image_uri})
    console.print(f"image: {image_uri}")


@application.command("put-data")
def put_data(
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet files")],
    environment: EnvironmentOption = "dev",
    replace: Annotated[bool, typer.Option(help="put the file in the place of a month that is there")] = False,
) -> None:
    """Check files against the contract and upload them, one object per month."""
    from sagemaker_mlops.delivery.put_data import check_file, refuse_shared_months
    from sagemaker_mlops.delivery.put_data import put_data as upload

    contract, target = load_contract(), target_of(environment)
    checked = [check_file(path, contract) for path in files]  # all of them first: every file is uploaded or none
    refuse_shared_months(files, [check.table for check in checked], contract)
    for path, check in zip(files, checked, strict=True):
        for note in check.findings:
            console.print(f"note: {path.name}: {note}", markup=False)
    for part in upload(target, [check.table for check in checked], contract, replace=replace):
        console.print(f"{part.outcome}: {part.month}, {part.rows:,} rows")


@application.command("start-training")
def start_training(
    window: Annotated[
        str, typer.Option(help="first and last month, such as 2025-02:2025-07; default: the contract's window")
    ] = "",
    environment: EnvironmentOption = "dev",
    image: Annotated[str | None, typer.Option(help="image URI; by default the one that `make image` built")] = None,
    cause: Annotated[str, typer.Option(help="commit, schedule, new-data, drift or manual")] = "manual",
    cause_id: Annotated[str | None, typer.Option(help="the same cause and id start only one training")] = None,
    git_sha: Annotated[str, typer.Option(help="commit that is trained")] = "unknown",
    wait: Annotated[bool, typer.Option(help="follow it to its end")] = True,
    report: Annotated[bool, typer.Option(help="write the report when it has ended")] = True,
    as_event: Annotated[
        bool, typer.Option(help="as an event does it: the deployed image; code 0 if it waits or was suppressed")
    ] = False,
) -> None:
    """Ask for a training and follow it. Exit code 2: data or model were refused; 3: it did not start yet, see why."""
    months = parse_window(window) if window else None
    image_uri = "" if as_event else read_image_uri(image)
    cause_of_training = _cause(cause, cause_id, months, image_uri, git_sha)
    target = target_of(environment)
    outcome = request_training(target, cause_of_training)
    write_outputs("start-training", asdict(outcome))
    if outcome.status != "started":
        console.print(f"{outcome.status}: {outcome.reason}", markup=False)
        raise typer.Exit(0 if as_event else 3)
    arn = outcome.execution_arn
    console.print(f"started: {arn}")
    if not wait:
        return
    try:
        state = follow(target, arn, console)
    except KeyboardInterrupt:
        console.print(
            f"\nthe training goes on. Its report: make report EXECUTION={arn}\nTo stop it: make stop EXECUTION={arn}"
        )
        raise typer.Exit(130) from None
    if report:
        write_report(arn, environment)
    if state.status != "Succeeded" or state.model_package_arn is None:
        console.print(f"{state.status}: {state.reason}", style="red", markup=False)
        raise typer.Exit(2)
    console.print(f"registered: {state.model_package_arn}")


def _cause(kind: str, cause_id: str | None, window: tuple[str, str] | None, image_uri: str, git_sha: str) -> Cause:
    try:
        return parse_cause(Cause(kind, cause_id or new_cause_id(), window, image_uri, git_sha).as_event())
    except InvalidCause as error:
        raise DeliveryError(str(error)) from None


@application.command("stop-training")
def stop_training(
    execution_arn: Annotated[str, typer.Argument(help="ARN of a training's execution")],
    environment: EnvironmentOption = "dev",
) -> None:
    """Stop a training that runs."""
    sagemaker = target_of(environment).client("sagemaker")
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=execution_arn, ClientRequestToken=new_cause_id())
    console.print(f"stopping: {execution_arn}")


@application.command("report")
def write_report(
    execution_arn: Annotated[str, typer.Argument(help="ARN of a training's execution")],
    environment: EnvironmentOption = "dev",
) -> None:
    """Write the report of a training: one HTML file that needs no network."""
    from sagemaker_mlops.delivery.report.build import build_report  # plotting is slow to import, and only needed here

    console.print(f"report: {build_report(target_of(environment), execution_arn)}")


@application.command("approve")
def approve(
    model_package_arn: ArnOption = None,
    reason: Annotated[
        str, typer.Option(help="kept in the registry beside the approval")
    ] = "approved on the command line",
    environment: EnvironmentOption = "dev",
) -> None:
    """Approve a version, by default the newest of the registry."""
    target = target_of(environment)
    versions = [] if model_package_arn else registry.list_versions(target)
    if not model_package_arn and not versions:
        raise DeliveryError(f"expected a version in the registry, found none. {do_first('version', environment)}")
    version = registry.approve(target, model_package_arn or versions[0].arn, reason)
    console.print(f"approved: version {version.number}, {version.arn}")


@application.command("versions")
def versions(environment: EnvironmentOption = "dev") -> None:
    """List the versions of the registry."""
    found = registry.list_versions(target_of(environment))
    champion = registry.champion_of(found)
    table = Table("version", "approval", "window", "cause", "serves production", box=None)
    for version in found:
        metadata = version.metadata
        window = f"{metadata.get('window_start')} to {metadata.get('window_end')}"
        serves = "yes" if champion and champion.arn == version.arn else ""
        cause = metadata.get("trigger", "")
        table.add_row(str(version.number), version.approval, window, cause, serves)
    console.print(table)
    for version in found:  # in a table they would be cut
        console.print(f"version {version.number}: {version.arn}", markup=False)


@application.command("release")
def release(
    model_package_arn: ArnOption = None,
    environment: EnvironmentOption = "production",
    rollback: Annotated[bool, typer.Option(help="go back to an older version")] = False,
    shadow: Annotated[bool | None, typer.Option(help="shadow first; default: as operations.yaml says")] = None,
    requests: Annotated[int | None, typer.Option(min=20, help="copied requests; default: operations.yaml")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, max=1400, help="wait at most this long for copied requests")] = 60,
    either_way: Annotated[bool, typer.Option(help="whether the version is newer or older than what serves")] = False,
) -> None:
    """Let the endpoint serve an approved version; watch, verify and test it.

    Without an ARN the deployment file names the version, which may be older than the one that serves: git decides.

    Exit codes: 0 it serves; 1 a command or service failed; 2 refused, nothing was changed; 3 rolled back, what served
    before serves; 4 the endpoint serves something else; 5 the smoke test failed, and the version was taken back; 6 as
    a shadow it did worse, and was not released.
    """
    if rollback and shadow:
        raise ReleaseRefused("going back needs no shadow: the version served before; leave SHADOW out")
    forget_outputs("release")
    arn = model_package_arn or version_to_release(environment)
    releaser, promised = Releaser(target_of(environment), console), load_operations().rollout
    rollback = rollback or ((either_way or model_package_arn is None) and releaser.goes_back_to(arn))
    wants_shadow = shadow if shadow is not None else promised.shadow_first and releaser.serves()
    try:
        if wants_shadow and not rollback:
            from sagemaker_mlops.delivery.releases.shadow import shadow_release

            copies = requests or promised.shadow.requests
            outcome = shadow_release(releaser, arn, requests=copies, longest_minutes=minutes)
        else:
            outcome = releaser.release(arn, rollback=rollback)
    except DeliveryError as error:
        _note_release(releaser, arn, str(error), error.exit_code)
        raise
    _note_release(releaser, arn, _said(outcome), 0, is_watched=outcome.is_watched)
    console.print(_said(outcome), markup=False)


def _said(outcome: Release) -> str:
    version = f"version {outcome.version.number}, {outcome.version.arn}"
    unwatched = "" if outcome.is_watched else "; nothing watches it, see above"
    if outcome.changed:
        return f"released: {outcome.endpoint} serves {version}{unwatched}"
    return f"nothing was changed: {outcome.endpoint} serves already {version}{unwatched}"


def _note_release(releaser: Releaser, arn: str, message: str, exit_code: int, *, is_watched: bool = True) -> None:
    try:
        served = served_version(releaser.target) or ""
    except (ClientError, BotoCoreError):
        served = UNKNOWN  # the outcome itself must not be lost
    outputs = {
        "exit_code": exit_code,
        "message": message,
        "model_package_arn": arn,
        "served_arn": served,
        "is_watched": is_watched,
    }
    write_outputs("release", outputs)


@application.command("predict")
def predict(
    file: Annotated[Path | None, typer.Option(help="JSON request; by default data/example_request.json")] = None,
    environment: EnvironmentOption = "production",
) -> None:
    """Ask the endpoint for a prediction."""
    console.print_json(json.dumps(ask_endpoint(target_of(environment), file)))


@application.command("traffic")
def traffic(
    rate: Annotated[float, typer.Option(min=0.1, max=500, help="requests a second")] = 10,
    seconds: Annotated[float, typer.Option(min=1, help="for how long")] = 60,
    environment: EnvironmentOption = "production",
) -> None:
    """Send hold-out records to the endpoint at a steady rate, and count which version answered."""
    target = target_of(environment)
    answers = send_traffic(target, rate=rate, seconds=seconds, tell=lambda text: console.print(f"  {text}"))
    console.print(f"sent: {answers}")
    for error, number in answers.errors.most_common():
        console.print(f"  {number:,} x {error}", markup=False)
    if answers.errors:
        raise typer.Exit(1)


def main() -> int:
    """Run a command; returns the exit code."""
    return run(lambda: application(standalone_mode=True))


def run(action: Callable[[], object]) -> int:
    """Do something; returns the exit code. Errors are one message, never a traceback."""
    code = 1
    try:
        action()
    except DeliveryError as error:
        code, message = error.exit_code, str(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except (ContractError, SettingsError) as error:
        message = str(error)
    except ClientError as error:
        message = f"AWS refused {error.operation_name}: {error.response['Error']['Message']}"
    except BotoCoreError as error:
        laptop = 'on the laptop: make local-up, then eval "$(make -s local-env)"'
        message = f"AWS could not be reached: {error}. Check the credentials; {laptop}"
    else:
        return 0
    print(f"error: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
