"""Build and push the image with the `docker` of the PATH, and note its address by digest."""

import base64
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.container.docker import docker
from sagemaker_mlops.delivery.container.image_rules import DOCKER_MANIFEST, PLATFORM, check_dockerfile
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.image_sources import note_image, sources_digest
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.project import ROOT

# One manifest of Docker's type for one platform: CreateModel refuses OCI manifests and indexes, which newer BuildKit
# makes by default, and which attestations turn on whatever the output says.
# aws/amazon-sagemaker-feedback#180, moby/buildkit#6824 and #6070; https://docs.docker.com/build/exporters/image-registry/
FOR_SAGEMAKER = ("--platform", PLATFORM, "--provenance=false", "--sbom=false")
AND_PUSH = ("--output", "type=image,push=true,oci-mediatypes=false")


def build_image(target: Target, tag: str = "", base_image: str = "") -> str:
    """Build, push and return the image's address by digest, which no later push can change.

    Args:
        target: the environment that holds the registry.
        tag: what to call it; by default by what it is made of, and an image that was pushed under that name is not
            built again: builds differ in their bytes, and a commit that changes nothing must not train.
        base_image: what to build on, by digest; by default the Dockerfile's own.

    Raises DeliveryError if there is no docker command, if it fails, or if SageMaker would refuse the image.
    """
    if base_image and "@sha256:" not in base_image:
        raise DeliveryError(f"expected a base image by digest, such as python@sha256:..., found {base_image}")
    check_dockerfile(ROOT / "Dockerfile")
    is_reusable, tag = not tag, tag or f"sources-{sources_digest(base_image)}"
    pushed = _pushed_image(target, tag) if is_reusable else None
    if pushed is None:
        _build_and_push(target, tag, base_image)
        pushed = _pushed_image(target, tag)
    address = f"{target.registry.names.image_repository}@{_checked_digest(target, tag, pushed)}"
    note_image(address)
    return address


def _build_and_push(target: Target, tag: str, base_image: str) -> None:
    _log_in(target)
    base = ["--build-arg", f"BASE_IMAGE={base_image}"] if base_image else []
    name = f"{target.registry.names.image_repository}:{tag}"
    docker("buildx", "build", *FOR_SAGEMAKER, *AND_PUSH, *base, "--tag", name, ".")


def _pushed_image(target: Target, tag: str) -> dict[str, Any] | None:
    """Return what ECR says of the image that has a tag; None without one. Raises DeliveryError without repository."""
    registry = target.registry
    try:
        answer = registry.client("ecr").describe_images(
            repositoryName=registry.names.repository, imageIds=[{"imageTag": tag}]
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ImageNotFoundException":
            return None
        if code == "RepositoryNotFoundException":  # docker would say so only after minutes of building
            raise DeliveryError(
                f"expected the image repository {registry.names.repository} in {registry.name}, found none. "
                f"{do_first('deploy', registry.name)}"
            ) from None
        raise
    details: list[dict[str, Any]] = answer["imageDetails"]
    return details[0] if details else None


def _checked_digest(target: Target, tag: str, image: dict[str, Any] | None) -> str:
    """Digest of a pushed image; raises DeliveryError if there is none, or none that SageMaker can read."""
    repository = target.registry.names.repository
    if image is None:
        raise DeliveryError(
            f"docker pushed {repository}:{tag}, but ECR has no such image. Is the repository deployed, and docker "
            "logged in to this account? make deploy, then make image"
        )
    found = image.get("imageManifestMediaType")
    if found != DOCKER_MANIFEST:
        raise DeliveryError(
            f"expected {repository}:{tag} to have a manifest of type {DOCKER_MANIFEST}, found {found}, which "
            "SageMaker's CreateModel refuses. Delete it and build it with docker buildx:\n"
            f"  aws ecr batch-delete-image --repository-name {repository} --image-ids imageTag={tag}\n"
            "  make image"
        )
    return str(image["imageDigest"])


def _log_in(target: Target) -> None:
    """Let docker push to the registry; the password lasts half a day."""
    answer = target.registry.client("ecr").get_authorization_token()
    user, _, password = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode().partition(":")
    server = target.registry.names.image_repository.partition("/")[0]
    docker("login", "--username", user, "--password-stdin", server, content=password)
