"""Register commands with the options that every command has: `--json` and `--profile`."""

import inspect
import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.output import JsonMode, Result, print_document
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.project import MARKER, ROOT

Function = Callable[..., Result | Mapping[str, Any] | None]
JsonOption = Annotated[bool, typer.Option("--json", help="print the result as one JSON document")]
ProfileOption = Annotated[
    str, typer.Option("--profile", help="AWS profile to use; default: AWS_PROFILE", show_default=False)
]
SHARED_OPTIONS = {"as_json": (JsonOption, False), "profile": (ProfileOption, "")}


def command(application: typer.Typer, name: str, **settings: Any) -> Callable[[Function], Function]:
    """Register a function as a command.

    The function returns what `--json` prints: a mapping, a Result with an exit code, or None. Its paths are resolved
    before the command changes to the project's folder, so it works in every folder of the project.
    """

    def register(function: Function) -> Function:
        @wraps(function)
        def run(as_json: bool, profile: str, **given: Any) -> None:
            if as_json:
                JsonMode.turn_on()
            if profile:
                os.environ["AWS_PROFILE"] = profile
            arguments = {key: _resolved(value) for key, value in given.items()}
            _change_to_project()
            _finish(function(**arguments))

        run.__signature__ = _with_shared_options(function)  # type: ignore[attr-defined]  # typer reads it
        application.command(name, **settings)(run)
        return function

    return register


def _with_shared_options(function: Function) -> inspect.Signature:
    own = inspect.signature(function)
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in SHARED_OPTIONS.items()
    ]
    return own.replace(parameters=[*own.parameters.values(), *shared], return_annotation=None)


def _resolved(value: Any) -> Any:
    """Return a path as an absolute one: relative to the folder that the command is called in."""
    if isinstance(value, list):
        return [_resolved(one) for one in value]
    return value.absolute() if isinstance(value, Path) else value


def _change_to_project() -> None:
    if not (ROOT / MARKER).is_file():
        raise DeliveryError(
            f"expected a project, which has {MARKER}, in this folder or one above it; found none. "
            "Change to the folder of your project, or set SAGEMAKER_MLOPS_PROJECT"
        )
    os.chdir(ROOT)


def _finish(found: Result | Mapping[str, Any] | None) -> None:
    result = found if isinstance(found, Result) else Result(found or {})
    print_document(result.document)
    if result.exit_code:
        raise typer.Exit(result.exit_code)
