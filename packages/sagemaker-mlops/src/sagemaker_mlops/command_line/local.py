"""Commands about localcloud, the AWS of this laptop: a tool in an environment of its own that these commands call."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sagemaker_mlops.command_line.output import JsonMode, Result, say
from sagemaker_mlops.command_line.register import command
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.environments.settings import load_settings
from sagemaker_mlops.project import ROOT

TOOL = ROOT / "packages" / "localcloud"
PROJECT_PYTHON = ROOT / ".venv" / "bin" / "python"
ENVIRONMENTS_FILE = "environments.laptop.yaml"
DEFAULT_CLOUD = "main"
SETUP = (("bootstrap",), ("deploy", "-e", "dev"), ("deploy", "-e", "production"), ("image", "build"))

application = typer.Typer(no_args_is_help=True, help="AWS and GitHub on this laptop: start, stop, save and inspect.")
CloudOption = Annotated[str, typer.Option(envvar="CLOUD", help="name; each is a local cloud with its own state")]
PortOption = Annotated[int, typer.Option(envvar="LOCALCLOUD_PORT", min=1, max=65535, help="port of its API")]
ScaleOption = Annotated[
    float, typer.Option(envvar="TIME_SCALE", min=1, help="how much faster time passes; 60: a minute takes a second")
]
IamOption = Annotated[bool, typer.Option("--iam", help="enforce IAM policies")]
ClosedOption = Annotated[
    list[str] | None,
    typer.Option(help="service to refuse, as AWS refuses it to new customers: model-monitor", show_default=False),
]
NameArgument = Annotated[str, typer.Argument(help="name of the snapshot")]


@command(application, "up")
def up(
    cloud: CloudOption = DEFAULT_CLOUD,
    port: PortOption = 4566,
    time_scale: ScaleOption = 60,
    iam: IamOption = False,
    closed: ClosedOption = None,
) -> Result:
    """Start the local cloud in the background."""
    return _start(cloud, port, time_scale, iam=iam, closed=closed)


def _start(cloud: str, port: int, time_scale: float, *, iam: bool = False, closed: list[str] | None = None) -> Result:
    words = ["up", "--port", str(port), *_start_options(time_scale, iam, closed), *_job_variables()]
    result = _call(cloud, *words, path=f"{os.environ.get('PATH', '')}:{ROOT}/.tools/bin")
    if not result.exit_code:
        chosen = "" if cloud == DEFAULT_CLOUD else f" --cloud {cloud}"
        say(f'point this shell at it: eval "$(mlops local env{chosen})"')
    return result


@command(application, "setup")
def setup(cloud: CloudOption = DEFAULT_CLOUD, port: PortOption = 4566, time_scale: ScaleOption = 60) -> Result:
    """Start the local cloud, deploy dev and production into it, and build the image: all that a training needs."""
    started = _start(cloud, port, time_scale)
    if started.exit_code:
        return started
    variables = _shell_variables(cloud) | _access_variables(cloud)
    for words in SETUP:
        say(f"mlops {' '.join(words)}")
        ended = subprocess.run(  # noqa: S603  (a list of words, read by no shell)
            [str(PROJECT_PYTHON.with_name("mlops")), *words],
            env={**os.environ, **variables},
            stdout=sys.stderr if JsonMode.is_on else None,
            check=False,
        )
        if ended.returncode:
            raise DeliveryError(f"mlops {' '.join(words)} failed, see above. Start again: mlops local setup")
    say("next: mlops data put FILES, then: mlops train start")
    return started


def _access_variables(cloud: str) -> dict[str, str]:
    """Return the address and the credentials of a running local cloud."""
    words = [*_tool_words(), "env"]
    printed = subprocess.run(words, env=_variables(cloud), capture_output=True, text=True, check=True).stdout  # noqa: S603  (a list of words, read by no shell)
    exported = (shlex.split(line)[1].split("=", 1) for line in printed.splitlines() if line.startswith("export "))
    return {name: value for name, value in exported if name != "PATH"}


@command(application, "run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def run(
    words: Annotated[list[str], typer.Argument(help="command to run", show_default=False)],
    cloud: CloudOption = DEFAULT_CLOUD,
    port: PortOption = 4566,
    time_scale: ScaleOption = 60,
    iam: IamOption = False,
    closed: ClosedOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="delete its state first")] = False,
) -> None:
    """Run a command with a local cloud that stops when the command ends."""
    options = ["run", "--port", str(port), *_start_options(time_scale, iam, closed), *(["--fresh"] if fresh else [])]
    variables = {**os.environ, **_shell_variables(cloud)}
    os.execve(_python(), [*_tool_words(), *options, "--", *words], variables)  # noqa: S606  (a list of words, read by no shell)


def _start_options(time_scale: float, iam: bool, closed: list[str] | None) -> list[str]:
    refused = [f"--closed={service}" for service in closed or []]
    return ["--time-scale", f"{time_scale:g}", *(["--iam"] if iam else []), *refused]


def _job_variables() -> list[str]:
    """Return what the jobs of workflows get with credentials: the laptop's environments, and a Python that stays."""
    given = {"ENVIRONMENTS_FILE": ENVIRONMENTS_FILE, "LOCALCLOUD_PYTHON": str(PROJECT_PYTHON)}
    return [word for name, value in given.items() for word in ("--job-env", f"{name}={value}")]


@command(application, "down")
def down(cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """Stop the local cloud. Its state is kept."""
    return _call(cloud, "down")


@command(application, "status")
def status(cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """Report whether the local cloud is running. Exit code 3: it is not."""
    return _call(cloud, "status")


@command(application, "reset")
def reset(cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """Stop the local cloud and delete its state."""
    return _call(cloud, "reset", "--yes")


@command(application, "save")
def save(
    name: NameArgument,
    cloud: CloudOption = DEFAULT_CLOUD,
    replace: Annotated[bool, typer.Option("--replace", help="replace a snapshot of that name")] = False,
) -> Result:
    """Save the whole state under a name."""
    return _call(cloud, "snapshot", "save", name, *(["--replace"] if replace else []))


@command(application, "load")
def load(name: NameArgument, cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """Load a saved state. The present one is kept as before-load."""
    return _call(cloud, "snapshot", "load", name)


@command(application, "snapshots")
def snapshots(cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """List the saved states."""
    return _call(cloud, "snapshot", "list")


@command(application, "logs")
def logs(
    name: Annotated[str, typer.Argument(help="part of a job's, endpoint's or workflow's name")] = "",
    cloud: CloudOption = DEFAULT_CLOUD,
) -> Result:
    """Show what the local cloud and its containers wrote."""
    return _call(cloud, "logs", *([name] if name else []))


@command(application, "github")
def github(cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """Show workflow runs, open pull requests and issues on the local stand-in for GitHub."""
    return _call(cloud, "github")


@command(application, "merge")
def merge(
    pull: Annotated[int, typer.Argument(help="number of the pull request")], cloud: CloudOption = DEFAULT_CLOUD
) -> Result:
    """Merge a pull request on the local stand-in for GitHub, as a person does."""
    return _call(cloud, "github", "--merge", str(pull))


@command(application, "remote")
def remote(cloud: CloudOption = DEFAULT_CLOUD) -> Mapping[str, Any]:
    """Print the local repository that stands for GitHub: git remote add laptop "$(mlops local remote)"."""
    url = str(_state(cloud) / "github.git")
    if not JsonMode.is_on:
        print(url)
    return {"remote": url}


@command(application, "env")
def env(cloud: CloudOption = DEFAULT_CLOUD) -> Result:
    """Print the variables that point a shell at the local cloud: eval "$(mlops local env)"."""
    result = _call(cloud, "env")
    variables = _shell_variables(cloud)
    if not result.exit_code and not JsonMode.is_on:
        for name, value in variables.items():
            print(f"export {name}={shlex.quote(value)}")
    return Result({**result.document, "variables": variables}, result.exit_code)


def _shell_variables(cloud: str) -> dict[str, str]:
    """Return what commands in a shell of the local cloud need beside AWS's variables."""
    path = ROOT / ENVIRONMENTS_FILE
    settings = load_settings(path)
    region = settings.environment(settings.registry_environment).region  # all environments are in the same one
    return {
        **_cloud_variables(cloud),
        "ENVIRONMENTS_FILE": str(path),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "LOCALCLOUD_PYTHON": str(PROJECT_PYTHON),
        "PATH": f"{TOOL / 'bin'}:{PROJECT_PYTHON.parent}:{os.environ.get('PATH', '')}",
    }


def _state(cloud: str) -> Path:
    return ROOT / ".localcloud" / cloud


def _python() -> str:
    python = TOOL / ".venv" / "bin" / "python"
    if not TOOL.is_dir():
        raise DeliveryError("this project has no packages/localcloud, so it has no local cloud")
    if not python.exists():
        raise DeliveryError("the local cloud is not installed yet; run: make setup")
    return str(python)


def _tool_words() -> list[str]:
    return [_python(), "-m", "localcloud"]


def _variables(cloud: str) -> dict[str, str]:
    return {**os.environ, **_cloud_variables(cloud)}


def _cloud_variables(cloud: str) -> dict[str, str]:
    return {"CLOUD": cloud, "LOCALCLOUD_STATE": str(_state(cloud))}


def _call(cloud: str, *words: str, path: str = "") -> Result:
    """Call localcloud. Its lines are printed as they are, or are the document's with `--json`."""
    variables = _variables(cloud) | ({"PATH": path} if path else {})
    result = subprocess.run(  # noqa: S603  (a list of words, read by no shell)
        [*_tool_words(), *words],
        env=variables,
        stdout=subprocess.PIPE if JsonMode.is_on else None,
        text=True,
        check=False,
    )
    return Result({"lines": (result.stdout or "").splitlines()}, result.returncode)
