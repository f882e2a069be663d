"""Call the `docker` of the PATH, on purpose: the laptop has one of its own."""

import re
import shutil
import subprocess
from dataclasses import dataclass

from sagemaker_mlops.delivery.errors import DeliveryError

ON_THE_LAPTOP = 'On the laptop no Docker is needed: eval "$(make -s local-env)" gives a docker command of its own'

GET_BUILDX = "Install it: https://docs.docker.com/build/install-buildx/"


@dataclass(frozen=True)
class Answer:
    """What a docker command ended with."""

    code: int
    output: str
    errors: str


def try_docker(*arguments: str, content: str | None = None, seconds: float | None = None) -> Answer:
    """Run a docker command, and return how it ended; code 124 if it takes too long.

    Raises DeliveryError if there is no docker command.
    """
    if shutil.which("docker") is None:
        raise DeliveryError(f"expected a docker command on the PATH, found none. {ON_THE_LAPTOP}")
    try:
        result = subprocess.run(  # noqa: S603
            ["docker", *arguments],  # noqa: S607
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
    """Run a docker command; returns what it printed. Raises DeliveryError if it fails."""
    answer = try_docker(*arguments, content=content)
    if (
        answer.code
        and arguments[0] == "buildx"
        and re.search("unknown (flag|command)|not a docker command", answer.errors)
    ):
        raise DeliveryError(f"expected docker buildx, found a docker without it. {GET_BUILDX}. {ON_THE_LAPTOP}")
    if answer.code:
        raise DeliveryError(f"docker {arguments[0]} failed: {answer.errors.strip()[-500:]}\n{ON_THE_LAPTOP}")
    return answer.output
