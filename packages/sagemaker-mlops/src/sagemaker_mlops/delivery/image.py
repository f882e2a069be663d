"""Build and push of the image with the `docker` command on the PATH."""

import base64
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.container.docker import docker
from sagemaker_mlops.delivery.container.image_rules import DOCKER_MANIFEST, PLATFORM, check_dockerfile
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import do_first
from sagemaker_mlops.delivery.image_sources import record_image, sources_digest
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.project import ROOT

# CreateModel accepts a single-platform Docker manifest and refuses OCI manifests and indexes. Newer BuildKit writes OCI
# by default, and also whenever attestations are enabled, regardless of the output options.
# Sources: aws/amazon-sagemaker-feedback#180, moby/buildkit#6824 and #6070, and
# https://docs.docker.com/build/exporters/image-registry/
BUILD_OPTIONS = ("--platform", PLATFORM, "--provenance=false", "--sbom=false")
PUSH_OPTIONS = ("--output", "type=image,push=true,oci-mediatypes=false")


def build_image(target: Target, tag: str = "", base_image: str = "") -> str:
    """Build and push the image, record its URI in build/image-uri.txt, and return the URI.

    Args:
        target: Environment that holds the registry.
        tag: Image tag. By default it is a digest of the sources, and an image that already has this tag is reused:
            builds are not reproducible byte for byte, and a commit that changes no source must not start a training.
        base_image: Base image by digest; by default the one in the Dockerfile.

    Returns:
        The URI with the image digest, so that a later push cannot change what it refers to.

    Raises:
        DeliveryError: There is no docker command, docker failed, or SageMaker would refuse the image.
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
    record_image(address)
    return address


def _build_and_push(target: Target, tag: str, base_image: str) -> None:
    _log_in(target)
    base = ["--build-arg", f"BASE_IMAGE={base_image}"] if base_image else []
    name = f"{target.registry.names.image_repository}:{tag}"
    docker("buildx", "build", *BUILD_OPTIONS, *PUSH_OPTIONS, *base, "--tag", name, ".")


def _pushed_image(target: Target, tag: str) -> dict[str, Any] | None:
    """Return the ECR image details for a tag, or None. Raise DeliveryError if the repository does not exist."""
    registry = target.registry
    try:
        answer = registry.client("ecr").describe_images(
            repositoryName=registry.names.repository, imageIds=[{"imageTag": tag}]
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ImageNotFoundException":
            return None
        if code == "RepositoryNotFoundException":  # docker would fail too, but only after building for minutes
            raise DeliveryError(
                f"expected the image repository {registry.names.repository} in {registry.name}, found none. "
                f"{do_first('deploy', registry.name)}"
            ) from None
        raise
    details: list[dict[str, Any]] = answer["imageDetails"]
    return details[0] if details else None


def _checked_digest(target: Target, tag: str, image: dict[str, Any] | None) -> str:
    """Return the digest of a pushed image. Raise DeliveryError if it is missing or SageMaker cannot read it."""
    repository = target.registry.names.repository
    if image is None:
        raise DeliveryError(
            f"docker pushed {repository}:{tag}, but ECR has no such image. Is the repository deployed, and docker "
            "logged in to this account? mlops deploy, then mlops image build"
        )
    found = image.get("imageManifestMediaType")
    if found != DOCKER_MANIFEST:
        raise DeliveryError(
            f"expected {repository}:{tag} to have a manifest of type {DOCKER_MANIFEST}, found {found}, which "
            "SageMaker's CreateModel refuses. Delete it and build it with docker buildx:\n"
            f"  aws ecr batch-delete-image --repository-name {repository} --image-ids imageTag={tag}\n"
            "  mlops image build"
        )
    return str(image["imageDigest"])


def _log_in(target: Target) -> None:
    """Log docker in to the registry; the password is valid for 12 hours."""
    answer = target.registry.client("ecr").get_authorization_token()
    user, _, password = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode().partition(":")
    server = target.registry.names.image_repository.partition("/")[0]
    docker("login", "--username", user, "--password-stdin", server, content=password)
