"""Build and push the image with the `docker` of the PATH, and note its address by digest."""

import json
import shutil
import subprocess
from pathlib import Path

from delivery.errors import DeliveryError
from delivery.image_sources import note_image
from delivery.target import Target


def build_image(target: Target, tag: str, base_image: str = "") -> str:
    """Build, push and return the image's address by digest, which no later push can change.

    Args:
        target: the environment that holds the registry.
        tag: what to call it; trainings use its digest.
        base_image: what to build on, by digest; by default the Dockerfile's own.

    Raises DeliveryError if there is no docker command, or it fails.
    """
    if shutil.which("docker") is None:
        raise DeliveryError(
            'expected a docker command on the PATH, found none. On the laptop: eval "$(make -s local-env)"'
        )
    name = f"{target.registry.names.image_repository}:{tag}"
    if base_image and "@sha256:" not in base_image:
        raise DeliveryError(f"expected a base image by digest, such as python@sha256:..., found {base_image}")
    base = ["--build-arg", f"BASE_IMAGE={base_image}"] if base_image else []
    _docker("build", *base, "--tag", name, ".")
    _docker("push", name)
    described = json.loads(_docker("inspect", name))
    repository = target.registry.names.image_repository
    digests = [address for address in described[0]["RepoDigests"] if address.startswith(f"{repository}@")]
    if not digests:
        raise DeliveryError(f"docker inspect names no digest in {repository}; was the push refused?")
    note_image(digests[0])
    return str(digests[0])


def _docker(*arguments: str) -> str:
    # the docker of the PATH, on purpose: the laptop has one of its own
    result = subprocess.run(["docker", *arguments], capture_output=True, text=True, cwd=Path.cwd(), check=False)  # noqa: S603, S607
    if result.returncode:
        raise DeliveryError(
            f"docker {arguments[0]} failed: {result.stderr.strip()[-500:]}\n"
            'On the laptop no Docker is needed: eval "$(make -s local-env)" gives a docker command of its own'
        )
    return result.stdout
