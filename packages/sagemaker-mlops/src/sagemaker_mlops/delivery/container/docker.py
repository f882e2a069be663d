"""Calls of the `docker` command on the PATH, so that localcloud can provide its own."""

import re
import shutil
import subprocess
from dataclasses import dataclass

from sagemaker_mlops.delivery.errors import DeliveryError

ON_THE_LAPTOP = 'On the laptop no Docker is needed: eval "$(mlops local env)" gives a docker command of its own'

GET_BUILDX = "Install it: https://docs.docker.com/build/install-buildx/"


@dataclass(frozen=True)
class Answer:
    """Exit code, stdout and stderr of a docker command."""

    code: int
    output: str
    errors: str


def try_docker(*arguments: str, content: str | None = None, seconds: float | None = None) -> Answer:
    """Run a docker command and return its result, without an error for a nonzero exit code.

    Args:
        arguments: Arguments of docker.
        content: Text for its stdin.
        seconds: Timeout, after which the exit code is 124.

    Raises:
        DeliveryError: There is no docker command.
    """
    if shutil.which("docker") is None:
        raise DeliveryError(f"expected a docker command on the PATH, found none. {ON_THE_LAPTOP}")
    try:
        result = subprocess.run(  # noqa: S603  (a list of words, read by no shell)
            ["docker", *arguments],  # noqa: S607  (the one on the PATH)
            input=content,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(124, "", f"docker {arguments[0]} did not end within {seconds:.0f} seconds")
    return Answer(result.returncode, result.stdout, result.stderr)


def docker(*arguments: str, content: str | None = None) -> str:
    """Run a docker command and return its stdout. Raise DeliveryError if it fails."""
    answer = try_docker(*arguments, content=content)
    if (
        answer.code
        and arguments[0] == "buildx"
        and re.search("unknown (flag|command)|not a docker command", answer.errors)
    ):
        raise DeliveryError(
            f"expected docker buildx, found a docker without the buildx plugin. {GET_BUILDX}. {ON_THE_LAPTOP}"
        )
    if answer.code:
        raise DeliveryError(f"docker {arguments[0]} failed: {answer.errors.strip()[-500:]}\n{ON_THE_LAPTOP}")
    return answer.output


def build_for_proof(name: str) -> None:
    """Build the image of this folder for SageMaker's platform and keep it in the local docker under a name."""
    kind = ("--platform", "linux/amd64", "--provenance=false", "--sbom=false", "--load")
    docker("buildx", "build", *kind, "--tag", name, ".")
