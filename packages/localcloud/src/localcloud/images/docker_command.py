"""A `docker` for the PATH: build, push, run and inspect images of localcloud, with Docker's own arguments."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localcloud.errors import NotInLocalcloud
from localcloud.images import container_commands, image_commands
from localcloud.images.container_store import ContainerStore
from localcloud.images.image_store import Image, ImageStore
from localcloud.images.registry import PushRefused

DOCKER_FAILED = 125  # exit code of docker run for an error of docker itself

IMAGE_COMMANDS = {
    "build": image_commands.build,
    "buildx": image_commands.build,
    "tag": image_commands.tag,
    "push": image_commands.push,
    "login": image_commands.login,
}
CONTAINER_COMMANDS = {
    "run": container_commands.run,
    "exec": container_commands.execute,
    "logs": container_commands.logs,
    "stop": container_commands.stop,
    "rm": container_commands.remove,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    arguments = _parser().parse_args(words)
    state = Path(os.environ.get("LOCALCLOUD_STATE", ".localcloud"))
    images, containers = ImageStore(state / "images"), ContainerStore(state / "containers")
    try:
        return _run(arguments, images, containers)
    except NotInLocalcloud as error:
        print(f"docker: {error.message}", file=sys.stderr)
    except (OSError, KeyError, RuntimeError, PushRefused) as error:
        print(f"docker: {error.args[-1]}", file=sys.stderr)
    return DOCKER_FAILED if arguments.command == "run" else 1


def _run(arguments: argparse.Namespace, images: ImageStore, containers: ContainerStore) -> int:
    if arguments.command == "inspect":
        print(json.dumps([_described(arguments.name, images, containers)], indent=2))
        return 0
    if arguments.command in IMAGE_COMMANDS:
        return IMAGE_COMMANDS[arguments.command](arguments, images)
    return CONTAINER_COMMANDS[arguments.command](arguments, images, containers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="docker", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    image_commands.add_image_commands(commands)
    container_commands.add_container_commands(commands)
    inspect = commands.add_parser("inspect", help="show an image or a container")
    inspect.add_argument("name")
    return parser


def _described(name: str, images: ImageStore, containers: ContainerStore) -> dict[str, Any]:
    image = images.built(name)
    if image is not None:
        return _described_image(name, image, images)
    try:
        state = containers.state(name)
    except KeyError:
        raise KeyError(f"No such object: {name}") from None
    # The settings in effect, which can differ from those that were requested.
    host = {"NetworkMode": "host", "ReadonlyRootfs": False}
    return {"Name": f"/{name}", "State": {**state, "OOMKilled": False}, "HostConfig": host}


def _described_image(name: str, image: Image, images: ImageStore) -> dict[str, Any]:
    system, _, architecture = image.platform.partition("/")
    return {
        "Id": image.digest,
        "RepoDigests": images.pushed_digests(name),
        "Os": system,
        "Architecture": architecture,
        "Config": {
            "User": image.user,
            "Entrypoint": image.entrypoint or None,
            "Cmd": image.command or None,
            "WorkingDir": image.workdir,
            "Env": [f"{key}={value}" for key, value in image.environment.items()],
        },
    }


if __name__ == "__main__":
    sys.exit(main())
