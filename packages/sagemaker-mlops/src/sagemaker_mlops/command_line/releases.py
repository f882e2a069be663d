"""Commands that release a version to an endpoint and ask the endpoint for predictions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.command_line.options import ArnArgument, EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import console, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.errors import DeliveryError, ReleaseRefused
from sagemaker_mlops.delivery.gitops.deployment_file import version_to_release
from sagemaker_mlops.delivery.gitops.outputs import delete_outputs, write_outputs
from sagemaker_mlops.delivery.predict import predict as request_prediction
from sagemaker_mlops.delivery.registry import newest_approved
from sagemaker_mlops.delivery.releases.release import Release, Releaser
from sagemaker_mlops.delivery.releases.serving_state import UNKNOWN, served_version
from sagemaker_mlops.environments.operations import load_operations

application = typer.Typer()


@command(application, "release")
def release(
    model_package_arn: ArnArgument = None,
    environment: EnvironmentOption = "production",
    newest: Annotated[bool, typer.Option("--newest", help="release the newest approved version")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="release an older version")] = False,
    shadow: Annotated[
        bool | None, typer.Option(help="compare it as a shadow first; default: operations.yaml", show_default=False)
    ] = None,
    requests: Annotated[
        int | None, typer.Option(min=20, help="copied requests; default: operations.yaml", show_default=False)
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.1, max=1400, help="longest wait for copied requests")] = 60,
    either_way: Annotated[
        bool, typer.Option("--either-way", help="release it whether it is newer or older than the served version")
    ] = False,
) -> Mapping[str, Any]:
    """Release an approved version to the endpoint, verify it and test it.

    Without an ARN, the version in deployments/<environment>.yaml is released, even if it is older.

    Exit codes: 0 released; 1 a command or a service failed; 2 refused, nothing was changed; 3 rolled back to the
    version before; 4 the endpoint serves another version; 5 the smoke test failed and the version before was released
    again; 6 the version was worse as a shadow and was not released.
    """
    if rollback and shadow:
        raise ReleaseRefused("a rollback needs no shadow, because the version was served before; omit --shadow")
    delete_outputs("release")
    model_package_arn = model_package_arn or (newest_approved(target_of(environment)).arn if newest else None)
    arn = model_package_arn or version_to_release(environment)
    releaser, operations = Releaser(target_of(environment), console), load_operations().rollout
    rollback = rollback or ((either_way or model_package_arn is None) and releaser.is_rollback_to(arn))
    wants_shadow = shadow if shadow is not None else operations.shadow_first and releaser.serves()
    try:
        if wants_shadow and not rollback:
            from sagemaker_mlops.delivery.releases.shadow import shadow_release

            copies = requests or operations.shadow.requests
            outcome = shadow_release(releaser, arn, requests=copies, longest_minutes=minutes)
        else:
            outcome = releaser.release(arn, rollback=rollback)
    except DeliveryError as error:
        _record(releaser, arn, str(error), error.exit_code)
        raise
    message = _message(outcome)
    say(message)
    return _record(releaser, arn, message, 0, is_monitored=outcome.is_monitored)


def _message(outcome: Release) -> str:
    version = f"version {outcome.version.number}, {outcome.version.arn}"
    unwatched = "" if outcome.is_monitored else "; it is not monitored, see above"
    if outcome.changed:
        return f"released: {outcome.endpoint} serves {version}{unwatched}"
    return f"nothing was changed: {outcome.endpoint} already serves {version}{unwatched}"


def _record(
    releaser: Releaser, arn: str, message: str, exit_code: int, *, is_monitored: bool = True
) -> Mapping[str, Any]:
    """Write the outcome for the workflow's next step, and return it."""
    try:
        served = served_version(releaser.target) or ""
    except (ClientError, BotoCoreError):
        served = UNKNOWN  # the outcome itself must not be lost
    outputs = {
        "exit_code": exit_code,
        "message": message,
        "model_package_arn": arn,
        "served_arn": served,
        "is_monitored": is_monitored,
    }
    write_outputs("release", outputs)
    return outputs


@command(application, "predict")
def predict(
    file: Annotated[
        Path | None, typer.Option(help="JSON request; default: data/example_request.json", show_default=False)
    ] = None,
    environment: EnvironmentOption = "production",
) -> Mapping[str, Any]:
    """Request a prediction from the endpoint."""
    answer: Mapping[str, Any] = request_prediction(target_of(environment), file)
    console.print_json(json.dumps(answer))
    return answer
