"""Commands `docker run`, `exec`, `logs`, `stop` and `rm`. A container is a process of this machine."""

import argparse
import secrets
import sys
from pathlib import Path

from localcloud.errors import NotInLocalcloud
from localcloud.images.container_store import ContainerStore, new_container
from localcloud.images.image_store import PLATFORM, ImageStore

STOP_SECONDS = 10.0


def add_container_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a parser."""
    _add_run(commands.add_parser("run", help="run an image as a process of this computer"))
    execute = commands.add_parser("exec", help="run another command as a container's")
    execute.add_argument("-i", "--interactive", action="store_true", help="accepted; standard input is passed on")
    execute.add_argument("name")
    execute.add_argument("words", nargs=argparse.REMAINDER)
    commands.add_parser("logs", help="show what a container wrote").add_argument("name")
    stop = commands.add_parser("stop", help="ask a container to end, and insist")
    stop.add_argument("-t", "--time", type=float, default=STOP_SECONDS)
    stop.add_argument("name")
    remove = commands.add_parser("rm", help="forget a container")
    remove.add_argument("-f", "--force", action="store_true")
    remove.add_argument("name")


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("-d", "--detach", action="store_true")
    run.add_argument("--name", default="")
    run.add_argument("--entrypoint", default="")
    run.add_argument("--platform", default=PLATFORM)
    run.add_argument("-e", "--env", action="append", default=[], metavar="NAME=VALUE")
    run.add_argument("-v", "--volume", action="append", default=[], metavar="FOLDER:/opt/ml/...[:ro]")
    run.add_argument("--network", default="host")
    run.add_argument("--read-only", action="store_true")
    run.add_argument("--tmpfs", action="append", default=[])
    run.add_argument("--memory", default="")
    run.add_argument("image")
    run.add_argument("words", nargs=argparse.REMAINDER)


def run(arguments: argparse.Namespace, images: ImageStore, containers: ContainerStore) -> int:
    """Run a built image; return its exit code, or 0 if it runs in the background.

    Raises:
        KeyError: if the image was not built.
        NotInLocalcloud: for a platform other than linux/amd64.
    """
    image = images.built(arguments.image)
    if image is None:
        raise KeyError(f"Unable to find image '{arguments.image}' locally; localcloud pulls none: build it first")
    if image.platform != PLATFORM or arguments.platform != PLATFORM:
        raise NotInLocalcloud(f"running images of {image.platform} as {arguments.platform}")
    environment = dict(word.split("=", 1) for word in arguments.env)
    container = new_container(image, arguments.entrypoint, arguments.words, environment)
    mounts = [_volume(text) for text in arguments.volume]
    _say_what_is_not_isolated(arguments)
    folder = containers.create(arguments.name or secrets.token_hex(6), container, mounts)
    if not arguments.detach:
        return containers.run(folder)
    containers.start(folder)
    print(folder.name)
    return 0


def _volume(text: str) -> tuple[Path, str]:
    source, target = text.split(":")[:2]
    if not Path(source).is_dir():
        raise FileNotFoundError(f"invalid mount: bind source path does not exist: {source}")
    return Path(source), target


def _say_what_is_not_isolated(arguments: argparse.Namespace) -> None:
    """Print a warning, in Docker's format, for each requested kind of isolation that has no effect."""
    asked = {
        "--network none": arguments.network == "none",
        "--read-only": arguments.read_only,
        "--memory": arguments.memory,
        "volumes that are read-only": any(text.endswith(":ro") for text in arguments.volume),
    }
    for what in [name for name, is_asked in asked.items() if is_asked]:
        print(f"WARNING: localcloud isolates nothing, so this has no effect: {what}", file=sys.stderr)


def execute(arguments: argparse.Namespace, _images: ImageStore, containers: ContainerStore) -> int:
    """Run another command in the environment of a container, and return its exit code."""
    return containers.execute(arguments.name, arguments.words)


def logs(arguments: argparse.Namespace, _images: ImageStore, containers: ContainerStore) -> int:
    """Print the output of a container."""
    sys.stdout.write(containers.log(arguments.name))
    return 0


def stop(arguments: argparse.Namespace, _images: ImageStore, containers: ContainerStore) -> int:
    """Stop a container: SIGTERM, then SIGKILL after the grace period."""
    containers.stop(arguments.name, arguments.time)
    return 0


def remove(arguments: argparse.Namespace, _images: ImageStore, containers: ContainerStore) -> int:
    """Remove a container."""
    containers.remove(arguments.name, force=arguments.force)
    return 0
