"""Build and push the image with the `docker` of the PATH, and note its address by digest."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

from botocore.exceptions import ClientError

from delivery.errors import DeliveryError
from delivery.image_sources import note_image, sources_digest
from delivery.target import Target

# SageMaker runs no index of several platforms, which newer Docker makes to attach provenance.
FOR_SAGEMAKER = ("--platform", "linux/amd64", "--provenance=false")


def build_image(target: Target, tag: str = "", base_image: str = "") -> str:
    """Build, push and return the image's address by digest, which no later push can change.

    Args:
        target: the environment that holds the registry.
        tag: what to call it; by default by what it is made of, and an image that was pushed under that name is not
            built again: builds differ in their bytes, and a commit that changes nothing must not train.
        base_image: what to build on, by digest; by default the Dockerfile's own.

    Raises DeliveryError if there is no docker command, or it fails.
    """
    if shutil.which("docker") is None:
        raise DeliveryError(
            'expected a docker command on the PATH, found none. On the laptop: eval "$(make -s local-env)"'
        )
    if base_image and "@sha256:" not in base_image:
        raise DeliveryError(f"expected a base image by digest, such as python@sha256:..., found {base_image}")
    repository = target.registry.names.image_repository
    if not tag:
        tag = f"sources-{sources_digest(base_image)}"
        if pushed := _pushed_digest(target, tag):
            note_image(f"{repository}@{pushed}")
            return f"{repository}@{pushed}"
    name = f"{repository}:{tag}"
    base = ["--build-arg", f"BASE_IMAGE={base_image}"] if base_image else []
    _docker("build", *FOR_SAGEMAKER, *base, "--tag", name, ".")
    _log_in(target)
    _docker("push", name)
    described = json.loads(_docker("inspect", name))
    digests = [address for address in described[0]["RepoDigests"] if address.startswith(f"{repository}@")]
    if not digests:
        raise DeliveryError(f"docker inspect names no digest in {repository}; was the push refused?")
    note_image(digests[0])
    return str(digests[0])


def _pushed_digest(target: Target, tag: str) -> str | None:
    """Digest of the image that has a tag in the repository, if one has."""
    registry = target.registry
    try:
        answer = registry.client("ecr").describe_images(
            repositoryName=registry.names.repository, imageIds=[{"imageTag": tag}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return None
        raise
    digests: list[str] = [found["imageDigest"] for found in answer["imageDetails"]]
    return digests[0] if digests else None


def _log_in(target: Target) -> None:
    """Let docker push to the registry; the password lasts half a day."""
    answer = target.registry.client("ecr").get_authorization_token()
    user, _, password = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode().partition(":")
    server = target.registry.names.image_repository.partition("/")[0]
    _docker("login", "--username", user, "--password-stdin", server, content=password)


def _docker(*arguments: str, content: str | None = None) -> str:
    # the docker of the PATH, on purpose: the laptop has one of its own
    result = subprocess.run(  # noqa: S603
        ["docker", *arguments],  # noqa: S607
        input=content,
        capture_output=True,
        text=True,
        cwd=Path.cwd(),
        check=False,
    )
    if result.returncode:
        raise DeliveryError(
            f"docker {arguments[0]} failed: {result.stderr.strip()[-500:]}\n"
            'On the laptop no Docker is needed: eval "$(make -s local-env)" gives a docker command of its own'
        )
    return result.stdout
