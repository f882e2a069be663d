"""Entry point of `mlops`. A command's module is imported when the command is called: the others would take a second."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup
from typer.main import get_group

from sagemaker_mlops.command_line.installation import outdated_parts
from sagemaker_mlops.command_line.output import print_document
from sagemaker_mlops.contract.contract import ContractError
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.environments.settings import SettingsError

INTERRUPTED = 130  # as shells have it: 128 and the number of the signal
# Commands and groups by the panel of the help screen, with the module of each.
PANELS = {
    "Start": {"doctor": "doctor", "local": "local", "contract": "contracts"},
    "Infrastructure": dict.fromkeys(("bootstrap", "synth", "diff", "deploy", "destroy"), "infrastructure"),
    "Data and training": {"data": "data", "image": "images", "train": "trainings"},
    "Versions and releases": {
        "versions": "versions",
        "approve": "versions",
        "reject": "versions",
        "release": "releases",
        "predict": "releases",
        "traffic": "traffic",
    },
    "Operation": {
        "monitor": "monitors",
        "status": "status",
        "reconcile": "status",
        "github": "github",
        "template": "template",
    },
}
# Left out of the first help screen: only workflows call its commands.
HIDDEN = {"workflow": "workflows"}
MODULES = {name: module for panel in (*PANELS.values(), HIDDEN) for name, module in panel.items()}


class LazyGroup(TyperGroup):
    """The commands, each imported when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, in the order of the help screen."""
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by its name, or None."""
        if cmd_name not in MODULES:
            return None
        loaded = get_group(import_module(f"sagemaker_mlops.command_line.{MODULES[cmd_name]}").application)
        found: Any = loaded.commands.get(cmd_name, loaded)  # a module without a command of that name is a group
        found.name, found.hidden = cmd_name, cmd_name in HIDDEN
        found.rich_help_panel = next((panel for panel, names in PANELS.items() if cmd_name in names), None)
        return found


application = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="What the workflows call: mlops workflow --help. Completion of commands: mlops --install-completion.",
)


@application.callback()
def _root() -> None:
    """Deliver a model to SageMaker: deploy, train, release, monitor.

    Every command works on the account of your AWS credentials, or on this laptop (mlops local up).
    """


def main() -> int:
    """Run a command; returns the exit code."""
    for warning in outdated_parts():
        print(f"warning: {warning}", file=sys.stderr)
    return run(lambda: application(standalone_mode=True, prog_name="mlops"))


def run(action: Callable[[], object]) -> int:
    """Call a function and return the exit code.

    Errors that a user can act on are printed as one message to standard error, without a traceback.
    """
    try:
        action()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except (DeliveryError, ContractError, SettingsError, ClientError, BotoCoreError) as error:
        message, code = error_message(error), getattr(error, "exit_code", 1)
        print_document({"error": message, "exit_code": code})
        print(f"error: {message}", file=sys.stderr)
        return code
    return 0


def error_message(error: Exception) -> str:
    """Return the message of an error, with the next step."""
    if isinstance(error, ClientError):
        return f"AWS refused {error.operation_name}: {error.response['Error']['Message']}"
    if isinstance(error, BotoCoreError):
        laptop = 'on the laptop: mlops local up, then eval "$(mlops local env)"'
        return f"AWS could not be reached: {error}. Check the credentials; {laptop}"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
