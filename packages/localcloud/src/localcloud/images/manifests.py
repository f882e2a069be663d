"""The manifest of a pushed image: its media type says which services can read it."""

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
    """What a registry keeps of an image beside its layers."""

    media_type: str
    text: str

    @property
    def digest(self) -> str:
        """The digest by which the image is pulled."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"


def manifest_of(image_id: str, media_type: str) -> Manifest:
    """Return the manifest of an image; the same image has another digest under another media type."""
    referred: dict[str, object] = {"mediaType": CONFIG_TYPES[media_type], "digest": image_id, "size": len(image_id)}
    content: dict[str, object]
    if media_type == OCI_INDEX:
        content = {"manifests": [{**referred, "platform": {"architecture": "amd64", "os": "linux"}}]}
    else:
        content = {"config": referred, "layers": []}
    return Manifest(media_type, json.dumps({"schemaVersion": 2, "mediaType": media_type, **content}))


def built_media_type(outputs: dict[str, str], provenance: str | None) -> str:
    """Return the media type that `docker build` gives an image.

    Attestations need an index, and turn OCI media types on whatever the output says (moby/buildkit#6070). Without
    them BuildKit 0.31 and later default to OCI, and `oci-mediatypes=false` asks for Docker's (moby/buildkit#6824).
    """
    if provenance != "false":
        return OCI_INDEX
    return DOCKER_MANIFEST if outputs.get("oci-mediatypes") == "false" else OCI_MANIFEST
