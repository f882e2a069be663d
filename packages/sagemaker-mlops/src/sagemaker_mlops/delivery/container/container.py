"""A container that runs as on SageMaker: isolated, and with folders mounted below /opt/ml."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_mlops.delivery.container.docker import Answer, docker, try_docker
from sagemaker_mlops.delivery.container.image_rules import PLATFORM

# No network, and a read-only root file system. /tmp is writable; that it is writable on SageMaker is an assumption.
ISOLATION = ("--network", "none", "--read-only", "--tmpfs", "/tmp")  # noqa: S108  (a path in the container)
LONGEST_START_SECONDS = 120.0
LOG_LINES = 200


@dataclass(frozen=True)
class Container:
    """A container that was started by `docker run`; `warnings` are docker's."""

    name: str
    warnings: list[str]

    @property
    def state(self) -> dict[str, Any]:
        """The `State` of `docker inspect`."""
        state: dict[str, Any] = self._inspect()["State"]
        return state

    @property
    def is_isolated(self) -> bool:
        """True if docker did run it without network and with a read-only root file system."""
        host = self._inspect()["HostConfig"]
        return host.get("NetworkMode") == "none" and bool(host.get("ReadonlyRootfs"))

    @property
    def log(self) -> str:
        """The last LOG_LINES lines of the output, stdout before stderr."""
        answer = try_docker("logs", self.name)
        return "\n".join((answer.output + answer.errors).splitlines()[-LOG_LINES:])

    def execute(self, *words: str, content: str = "") -> Answer:
        """Run a command in the container.

        Args:
            words: The command and its arguments.
            content: Text for its stdin.
        """
        return try_docker("exec", "--interactive", self.name, *words, content=content, seconds=60)

    def stop(self, seconds: int) -> None:
        """Stop the container with SIGTERM, and with SIGKILL after a number of seconds."""
        docker("stop", "-t", str(seconds), self.name)  # the long option is --time, since Docker 28 --timeout

    def _inspect(self) -> dict[str, Any]:
        described: list[dict[str, Any]] = json.loads(docker("inspect", self.name))
        return described[0]


@contextmanager
def container(
    image: str,
    words: Sequence[str],
    *,
    volumes: Mapping[str, Path],
    environment: Mapping[str, str],
    entry_point: str = "",
    seconds: float | None = None,
) -> Iterator[tuple[Container, Answer]]:
    """Run a container, yield it with the result of `docker run`, and remove it afterwards.

    Args:
        image: Name of the image.
        words: Arguments of the container.
        volumes: Folders by mount path.
        environment: Environment variables.
        entry_point: Replaces the entry point of the image, if given.
        seconds: Timeout for the container to end; None to run it in the background.
    """
    name = f"proof-{secrets.token_hex(6)}"
    options = [f"--volume={folder.resolve()}:{place}" for place, folder in volumes.items()]
    options += [f"--env={key}={value}" for key, value in environment.items()]
    options += [f"--entrypoint={entry_point}"] if entry_point else []
    options += ["--detach"] if seconds is None else []
    limit = LONGEST_START_SECONDS if seconds is None else seconds
    command = ("run", "--name", name, "--platform", PLATFORM, *ISOLATION, *options, image, *words)
    try:
        answer = try_docker(*command, seconds=limit)
        warnings = [line for line in answer.errors.splitlines() if line.startswith("WARNING: ")]
        yield Container(name, warnings), answer
    finally:
        try_docker("rm", "--force", name)
