"""What we believe about ECR's images and their manifests."""

import json
from typing import Any

import pytest

from tests.conformance.beliefs import belief
from tests.conformance.ecr_image import DOCKER, OCI, image_manifest
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Refusal, Target

PUT = "botocore: ecr.PutImageRequest"


@pytest.fixture(scope="module")
def repository(given: Fixtures) -> str:
    return given.make_repository("manifests")


def refused(aws: Target, repository: str, manifest: str, **members: Any) -> Refusal:
    """Push a manifest; returns how it is refused."""
    return aws.refusal("ecr", "put_image", repositoryName=repository, imageManifest=manifest, imageTag="bad", **members)


@belief("botocore: ecr.ImageDetail imageManifestMediaType", creates="a repository with images of a kilobyte")
def test_the_media_type_is_shown(aws: Target, repository: str, observe: Observe) -> None:
    """An image shows the media type of its manifest, in the manifest or beside it."""
    ecr = aws.client("ecr")
    for what, media_type in (("docker", DOCKER), ("oci", OCI)):
        manifest = json.dumps(image_manifest(ecr, repository, media_type))
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=what)
        found = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": what}])["imageDetails"]
        observe(what, found[0]["imageManifestMediaType"], documented=media_type)


@belief("https://github.com/boto/boto3/issues/3295")
def test_a_manifest_that_is_malformed(aws: Target, repository: str, observe: Observe) -> None:
    """A manifest of another form than Docker's or OCI's is refused."""
    manifest = image_manifest(aws.client("ecr"), repository)
    for what, text in (
        ("text", "not JSON"),
        ("list", "[]"),
        ("version 1", json.dumps({**manifest, "schemaVersion": 1})),
        ("no layers", json.dumps({key: value for key, value in manifest.items() if key != "layers"})),
    ):
        found = refused(aws, repository, text)
        observe(f"{what}: code", found.code, documented="InvalidParameterException")
        message = Matching("^Invalid parameter at 'ImageManifest' failed to satisfy constraint: '")
        observe(f"{what}: message", found.message, documented=message)


@belief(f"{PUT} imageManifestMediaType (needed if the manifest has none)")
def test_a_manifest_without_a_type(aws: Target, repository: str, observe: Observe) -> None:
    """A manifest without a media type is refused, and so is one of another type than the request's."""
    manifest = image_manifest(aws.client("ecr"), repository)
    bare = json.dumps({key: value for key, value in manifest.items() if key != "mediaType"})
    observe("none", refused(aws, repository, bare).code, documented="InvalidParameterException")
    other = refused(aws, repository, json.dumps(manifest), imageManifestMediaType=OCI)
    observe("other", other.code, documented="InvalidParameterException")


@belief("botocore: ecr.ImageDigestDoesNotMatchException")
def test_a_digest_of_something_else(aws: Target, repository: str, observe: Observe) -> None:
    """A manifest whose digest is not the one of the request is refused."""
    manifest = json.dumps(image_manifest(aws.client("ecr"), repository))
    found = refused(aws, repository, manifest, imageDigest="sha256:" + "0" * 64)
    observe("code", found.code, documented="ImageDigestDoesNotMatchException")


@belief("https://github.com/hashicorp/terraform-provider-aws/issues/35268")
def test_an_image_that_is_missing(aws: Target, repository: str, observe: Observe) -> None:
    """Describing an image that does not exist is an ImageNotFoundException that names it."""
    found = aws.refusal("ecr", "describe_images", repositoryName=repository, imageIds=[{"imageTag": "none"}])
    observe("code", found.code, documented="ImageNotFoundException")
    message = (
        "The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository with name "
        f"'{repository}' in the registry with id '{aws.account()}'"
    )
    observe("message", found.message, documented=message)


@belief("botocore: ecr.RepositoryNotFoundException")
def test_a_repository_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing images of a repository that does not exist is a RepositoryNotFoundException."""
    found = aws.refusal("ecr", "describe_images", repositoryName=aws.name("no-repository"))
    observe("code", found.code, documented="RepositoryNotFoundException")
