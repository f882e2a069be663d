"""The command that finds what is missing."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.options import target_of
from sagemaker_mlops.command_line.output import Result, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.doctor import Finding, examine
from sagemaker_mlops.delivery.first_contact.walk import walk
from sagemaker_mlops.delivery.github.app import read_app_key
from sagemaker_mlops.delivery.target import target_of as target_by_name

application = typer.Typer()


@command(application, "doctor")
def doctor(
    environment: Annotated[
        str,
        typer.Option(
            "--environment", "-e", help="check one environment in detail; default: every step", show_default=False
        ),
    ] = "",
    app_id: Annotated[str, typer.Option(envvar="APP_ID", help="client id of the GitHub App to check")] = "",
    key_file: Annotated[Path | None, typer.Option(envvar="KEY_FILE", help="private key of the GitHub App")] = None,
) -> Result:
    """Check every step of FIRST-CONTACT.md and print the next one, or check one environment in detail.

    Exit code 1: an error, such as a quota that is too small. A step that is not done yet is not an error.
    """
    document = _check_environment(environment) if environment else _check_steps(app_id, key_file)
    has_error = any(finding["verdict"] == "error" for finding in document["findings"])
    return Result(document, 1 if has_error else 0)


def _check_environment(environment: str) -> dict[str, Any]:
    findings = []
    for finding in examine(target_of(environment)):
        say(str(finding))
        findings.append(_document(finding))
    return {"environment": environment, "findings": findings}


def _check_steps(app_id: str, key_file: Path | None) -> dict[str, Any]:
    key = read_app_key(app_id, key_file) if app_id and key_file else None
    found = walk(target_by_name("dev").settings, key)
    for line in (*found.progress, *found.findings, found.next_line):
        say(str(line))
    steps = [
        {
            "step": one.step.number,
            "name": one.step.name,
            "environment": one.environment,
            "state": one.fact.state,
            "text": one.fact.text,
            "command": one.command,
        }
        for one in found.progress
    ]
    return {"steps": steps, "findings": [_document(finding) for finding in found.findings], "next": found.next_line}


def _document(finding: Finding) -> dict[str, str]:
    return {name: str(value) for name, value in asdict(finding).items()}
