"""One container of `docker run`, as SageMaker runs it: isolated, and with folders mounted below /opt/ml."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagemaker_mlops.delivery.container.docker import Answer, docker, try_docker
from sagemaker_mlops.delivery.container.image_rules import PLATFORM

# Network isolation, and a root file system that may be read-only. /tmp stays writable, as it is on SageMaker (assumed).
ISOLATION = ("--network", "none", "--read-only", "--tmpfs", "/tmp")  # noqa: S108  (a path in the container)
LONGEST_START_SECONDS = 120.0
LOG_LINES = 200


@dataclass(frozen=True)
class Container:
    """A container by name."""

    name: str
    warnings: list[str]

    @property
    def state(self) -> dict[str, Any]:
        """Docker's description of how it runs, or how it ended."""
        state: dict[str, Any] = self._inspect()["State"]
        return state

    @property
    def is_isolated(self) -> bool:
        """Whether it really has neither network nor a writable root file system."""
        host = self._inspect()["HostConfig"]
        return host.get("NetworkMode") == "none" and bool(host.get("ReadonlyRootfs"))

    @property
    def log(self) -> str:
        """The end of what it wrote, on both streams."""
        answer = try_docker("logs", self.name)
        return "\n".join((answer.output + answer.errors).splitlines()[-LOG_LINES:])

    def execute(self, *words: str, content: str = "") -> Answer:
        """Run another command in it."""
        return try_docker("exec", "--interactive", self.name, *words, content=content, seconds=60)

    def stop(self, seconds: int) -> None:
        """Send SIGTERM, and SIGKILL after some seconds."""
        docker("stop", "-t", str(seconds), self.name)  # --time, and --timeout since Docker 28

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
    """Run a container, and remove it afterwards; yields it with the answer of `docker run`.

    Args:
        image: its name.
        words: what follows the image's name.
        volumes: folders by where they are mounted.
        environment: variables.
        entry_point: in the place of the image's own.
        seconds: how long to wait for its end; None to let it run in the background.
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
