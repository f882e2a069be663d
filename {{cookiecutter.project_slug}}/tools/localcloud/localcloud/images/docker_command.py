"""A `docker` for the PATH: build, tag, push and inspect images of localcloud, with Docker's own arguments."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from localcloud.errors import NotInLocalcloud
from localcloud.images.image_store import ImageStore, repository_of


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(words)
    store = ImageStore(Path(os.environ.get("LOCALCLOUD_STATE", ".localcloud")) / "images")
    try:
        return int(COMMANDS[arguments.command](arguments, store))
    except NotInLocalcloud as error:
        print(f"docker: {error.message}", file=sys.stderr)
    except (FileNotFoundError, KeyError) as error:
        print(f"docker: {error.args[0]}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="docker", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="snapshot the files that a Dockerfile copies")
    build.add_argument("-t", "--tag", required=True)
    build.add_argument("-f", "--file", type=Path)
    build.add_argument("--platform", help="accepted; an image is files")
    build.add_argument("--provenance", help="accepted; there is none")
    build.add_argument("--build-arg", action="append", help="accepted; nothing is built from it")
    build.add_argument("context", type=Path)
    tag = commands.add_parser("tag", help="give a built image another name")
    tag.add_argument("source")
    tag.add_argument("target")
    push = commands.add_parser("push", help="make an image available to SageMaker")
    push.add_argument("name")
    inspect = commands.add_parser("inspect", help="show the digests of an image")
    inspect.add_argument("name")
    login = commands.add_parser("login", help="accepted; localcloud asks for no password")
    login.add_argument("-u", "--username")
    login.add_argument("--password-stdin", action="store_true")
    login.add_argument("server", nargs="?")
    return parser


def _build(arguments: argparse.Namespace, store: ImageStore) -> int:
    context = arguments.context.resolve()
    interpreter = os.environ.get("LOCALCLOUD_PYTHON") or shutil.which("python3") or sys.executable
    digest = store.build(context, arguments.file or context / "Dockerfile", Path(interpreter))
    store.tag(arguments.tag, digest)
    print(f"built {arguments.tag}\n{digest}")
    return 0


def _tag(arguments: argparse.Namespace, store: ImageStore) -> int:
    digest = store.built_digest(arguments.source)
    if digest is None:
        raise KeyError(f"{arguments.source} was not built; run docker build -t {arguments.source}")
    store.tag(arguments.target, digest)
    return 0


def _push(arguments: argparse.Namespace, store: ImageStore) -> int:
    if store.built_digest(arguments.name) is None:
        raise KeyError(f"{arguments.name} was not built; run docker build -t {arguments.name}")
    print(f"pushed {arguments.name}\ndigest: {store.push(arguments.name)}")
    return 0


def _inspect(arguments: argparse.Namespace, store: ImageStore) -> int:
    digest = store.built_digest(arguments.name)
    if digest is None:
        raise KeyError(f"no such image: {arguments.name}")
    print(json.dumps([{"Id": digest, "RepoDigests": [f"{repository_of(arguments.name)}@{digest}"]}], indent=2))
    return 0


def _login(_arguments: argparse.Namespace, _store: ImageStore) -> int:
    print("Login Succeeded")
    return 0


COMMANDS = {"build": _build, "tag": _tag, "push": _push, "inspect": _inspect, "login": _login}

if __name__ == "__main__":
    sys.exit(main())
