"""Manifest of a pushed image. Its media type decides which services can read the image."""

import hashlib
import json
from dataclasses import dataclass

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPES = {
    DOCKER_MANIFEST: "application/vnd.docker.container.image.v1+json",
    OCI_MANIFEST: "application/vnd.oci.image.config.v1+json",
    OCI_INDEX: OCI_MANIFEST,
}


@dataclass(frozen=True)
class Manifest:
    """Manifest of an image, which a registry stores beside the layers."""

    media_type: str
    text: str

    @property
    def digest(self) -> str:
        """Digest by which the image is pulled."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"


def manifest_of(image_id: str, media_type: str) -> Manifest:
    """Return the manifest of an image. The same image has a different digest for each media type."""
    referred: dict[str, object] = {"mediaType": CONFIG_TYPES[media_type], "digest": image_id, "size": len(image_id)}
    content: dict[str, object]
    if media_type == OCI_INDEX:
        content = {"manifests": [{**referred, "platform": {"architecture": "amd64", "os": "linux"}}]}
    else:
        content = {"config": referred, "layers": []}
    return Manifest(media_type, json.dumps({"schemaVersion": 2, "mediaType": media_type, **content}))


def built_media_type(outputs: dict[str, str], provenance: str | None) -> str:
    """Return the media type of the manifest that `docker build` creates.

    Attestations require an index, and turn on OCI media types whatever the output options are (moby/buildkit#6070).
    Without them BuildKit 0.31 and later default to OCI, and `oci-mediatypes=false` selects Docker's media type
    (moby/buildkit#6824).

    Args:
        outputs: values of the option `--output`.
        provenance: value of the option `--provenance`; any value but "false" adds attestations.
    """
    if provenance != "false":
        return OCI_INDEX
    return DOCKER_MANIFEST if outputs.get("oci-mediatypes") == "false" else OCI_MANIFEST
