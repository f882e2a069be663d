"""Commands that send requests to an endpoint."""

from pathlib import Path
from typing import Annotated

import typer

from sagemaker_mlops.command_line.options import EnvironmentOption, target_of
from sagemaker_mlops.command_line.output import Result, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.contract.contract import load_contract

MOST_ERRORS = 20

application = typer.Typer(no_args_is_help=True, help="Send requests to an endpoint.")


@command(application, "send")
def send(
    rate: Annotated[float, typer.Option(min=0.1, max=500, help="requests per second")] = 10,
    seconds: Annotated[float, typer.Option(min=1, help="duration")] = 60,
    environment: EnvironmentOption = "production",
) -> Result:
    """Send hold-out records at a steady rate and count which version answered.

    Exit code 1: some requests failed.
    """
    from sagemaker_mlops.delivery.traffic import send_traffic

    answers = send_traffic(target_of(environment), rate=rate, seconds=seconds, tell=lambda text: say(f"  {text}"))
    say(f"sent: {answers}")
    for error, number in answers.errors.most_common():
        say(f"  {number:,} x {error}")
    document = {
        "requests": len(answers.seconds),
        "versions": dict(answers.versions),
        "errors": dict(answers.errors),
    }
    return Result(document, 1 if answers.errors else 0)


@command(application, "replay")
def replay(
    files: Annotated[
        list[Path], typer.Argument(help="CSV or Parquet files with rows of the contract", show_default=False)
    ],
    environment: EnvironmentOption = "production",
) -> Result:
    """Send the rows of files as requests. Their record ids become the inference ids.

    Exit code 1: some requests were refused or failed.
    """
    from sagemaker_mlops.delivery.monitors.replay import replay as send_rows
    from sagemaker_mlops.delivery.put_data import check_file

    contract, target = load_contract(), target_of(environment)
    replayed = []
    for path in files:
        sent = send_rows(target, check_file(path, contract).table, contract, lambda text: say(f"  {text}"))
        refused = f", {sent.errors.total():,} of them refused or failed" if sent.errors else ""
        say(f"sent: {path.name}, {sent.requests:,} requests{refused}")
        for error, number in sent.errors.most_common(MOST_ERRORS):
            say(f"  {number:,} x {error}")
        replayed.append({"file": path.name, "requests": sent.requests, "errors": dict(sent.errors)})
    return Result({"files": replayed}, int(any(one["errors"] for one in replayed)))
