"""Push a tiny image to ECR by the service's own API: no Docker needed."""

import gzip
import hashlib
import io
import json
import tarfile
from contextlib import suppress
from typing import Any

from tests.conformance.target import Target

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
PARTS = {
    DOCKER: (
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    ),
    OCI: ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"),
}


def push_image(target: Target, repository: str, tag: str, media_type: str = DOCKER) -> str:
    """Push an image of one empty layer to a repository; returns its address.

    Source: botocore: ecr.InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, PutImage.
    """
    ecr = target.client("ecr")
    text = json.dumps(image_manifest(ecr, repository, media_type))
    ecr.put_image(repositoryName=repository, imageManifest=text, imageManifestMediaType=media_type, imageTag=tag)
    return f"{target.account()}.dkr.ecr.{target.region}.amazonaws.com/{repository}:{tag}"


def image_manifest(ecr: Any, repository: str, media_type: str = DOCKER) -> dict[str, Any]:
    """Upload an image's layer and configuration; returns the manifest that names them."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w"):
        pass
    content = archive.getvalue()
    layer = gzip.compress(content, mtime=0)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [_digest(content)]},
    }
    config_type, layer_type = PARTS[media_type]
    return {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": _uploaded(ecr, repository, json.dumps(config).encode(), config_type),
        "layers": [_uploaded(ecr, repository, layer, layer_type)],
    }


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _uploaded(ecr: Any, repository: str, content: bytes, media_type: str) -> dict[str, Any]:
    described = {"mediaType": media_type, "size": len(content), "digest": _digest(content)}
    upload = {"repositoryName": repository}
    upload["uploadId"] = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content)
    with suppress(ecr.exceptions.LayerAlreadyExistsException):
        ecr.complete_layer_upload(**upload, layerDigests=[described["digest"]])
    return described
