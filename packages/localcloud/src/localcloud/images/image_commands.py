"""Commands `docker build`, `buildx build`, `tag`, `push` and `login`. Images are snapshots of files."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from localcloud.errors import NotInLocalcloud
from localcloud.images.image_store import PLATFORM, ImageStore
from localcloud.images.manifests import built_media_type
from localcloud.images.registry import put_manifest

# Values of `type` in `--output`, which define where BuildKit puts the result.
OUTPUTS = ("image", "registry", "docker")


def add_image_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a parser."""
    _add_build(commands.add_parser("build", help="snapshot the files that a Dockerfile copies"))
    buildx = commands.add_parser("buildx", help="build with an output").add_subparsers(dest="buildx", required=True)
    _add_build(buildx.add_parser("build", help="snapshot the files that a Dockerfile copies"))
    tag = commands.add_parser("tag", help="give a built image another name")
    tag.add_argument("source")
    tag.add_argument("target")
    push = commands.add_parser("push", help="make an image available to SageMaker")
    push.add_argument("name")
    login = commands.add_parser("login", help="accepted; localcloud asks for no password")
    login.add_argument("-u", "--username")
    login.add_argument("--password-stdin", action="store_true")
    login.add_argument("server", nargs="?")


def _add_build(build: argparse.ArgumentParser) -> None:
    build.add_argument("-t", "--tag", required=True)
    build.add_argument("-f", "--file", type=Path)
    build.add_argument("--platform", default=PLATFORM, help="noted; an image is files")
    build.add_argument("--provenance", help="anything but false makes an index, as BuildKit's attestations do")
    build.add_argument("--sbom", help="as --provenance", default="false")
    build.add_argument("--build-arg", action="append", help="accepted; nothing is built from it")
    build.add_argument("--load", action="store_true", help="the default")
    build.add_argument("-o", "--output", default="type=docker", help="type=image,push=true,oci-mediatypes=false")
    build.add_argument("context", type=Path)


def build(arguments: argparse.Namespace, store: ImageStore) -> int:
    """Build an image from a context, push it if the output requires it, and return the exit code."""
    outputs = _outputs(arguments.output)
    context = arguments.context.resolve()
    interpreter = os.environ.get("LOCALCLOUD_PYTHON") or shutil.which("python3") or sys.executable
    dockerfile = arguments.file or context / "Dockerfile"
    digest = store.build(context, dockerfile, Path(interpreter), arguments.platform)
    attested = arguments.provenance if arguments.sbom == "false" else arguments.sbom
    store.tag(arguments.tag, digest, built_media_type(outputs, attested))
    print(f"built {arguments.tag}\n{digest}")
    if outputs["type"] == "registry" or outputs.get("push") == "true":
        return _push(arguments.tag, store)
    return 0


def _outputs(text: str) -> dict[str, str]:
    outputs = dict(word.split("=", 1) for word in text.split(",") if "=" in word)
    if outputs.get("type") not in OUTPUTS:
        raise NotInLocalcloud(f"docker build --output {text}")
    return outputs


def tag(arguments: argparse.Namespace, store: ImageStore) -> int:
    """Give a built image another name."""
    store.tag_again(arguments.source, arguments.target)
    return 0


def push(arguments: argparse.Namespace, store: ImageStore) -> int:
    """Push a built image, so that jobs and endpoints can use it."""
    return _push(arguments.name, store)


def _push(name: str, store: ImageStore) -> int:
    put_manifest(store.state, name, store.manifest(name))
    print(f"pushed {name}\ndigest: {store.push(name)}")
    return 0


def login(_arguments: argparse.Namespace, _store: ImageStore) -> int:
    """Accept any password."""
    print("Login Succeeded")
    return 0
