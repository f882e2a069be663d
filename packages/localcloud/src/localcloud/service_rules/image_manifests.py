"""Validation of image manifests in ECR."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from localcloud.errors import AwsError

CONTENT = {
    "application/vnd.docker.distribution.manifest.v2+json": ("config", "layers"),
    "application/vnd.oci.image.manifest.v1+json": ("config", "layers"),
    "application/vnd.docker.distribution.manifest.list.v2+json": ("manifests",),
    "application/vnd.oci.image.index.v1+json": ("manifests",),
}


def media_type_of(members: Mapping[str, Any]) -> str:
    """Return the media type of the manifest in a PutImage request.

    Sources: https://github.com/boto/boto3/issues/3295 (the form of the message), botocore 1.43.106 ecr, PutImageRequest
    ("an image manifest that does not contain the mediaType field", imageDigest). The other messages are assumptions.

    Raises:
        AwsError: with the service's error if the manifest is invalid or does not match the request.
    """
    text = members["imageManifest"]
    manifest = _parsed(text)
    found, given = manifest.get("mediaType"), members.get("imageManifestMediaType")
    if found and given and found != given:
        raise _invalid(f"the media type {given} is not that of the manifest, {found}")
    media_type = str(found or given or "")
    if media_type not in CONTENT:
        raise _invalid(f"unsupported media type '{media_type}'")
    missing = [name for name in CONTENT[media_type] if name not in manifest]
    if manifest.get("schemaVersion") != 2 or missing:
        raise _invalid("missing schemaVersion 2, or " + ", ".join(CONTENT[media_type]))
    _check_digest(text, members.get("imageDigest"))
    return media_type


def _parsed(text: str) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise _invalid("Invalid JSON syntax")
    return manifest


def _invalid(why: str) -> AwsError:
    message = f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{why}'"
    return AwsError("InvalidParameterException", message)


def _check_digest(text: str, given: str | None) -> None:
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    if given and given != digest:
        message = f"The image digest {given} does not match the digest of the manifest, {digest}"
        raise AwsError("ImageDigestDoesNotMatchException", message)


def image_not_found(image: Mapping[str, Any], repository: str, registry: str) -> AwsError:
    """Return DescribeImages' error for an image that does not exist.

    Source: https://github.com/hashicorp/terraform-provider-aws/issues/35268
    """
    named = f"{{imageDigest:'{image.get('imageDigest') or 'null'}', imageTag:'{image.get('imageTag') or 'null'}'}}"
    place = f"the repository with name '{repository}' in the registry with id '{registry}'"
    message = f"The image with imageId {named} does not exist within {place}"
    return AwsError("ImageNotFoundException", message)
