"""The image is built once for the same sources, and is one that SageMaker can read.

Sources: aws/amazon-sagemaker-feedback#180 (CreateModel: "Unsupported manifest media type
application/vnd.oci.image.manifest.v1+json"), moby/buildkit#6824 (OCI by default since BuildKit 0.31), botocore 1.43.106
ECR ImageDetail.imageManifestMediaType ("The media type of the image manifest").
"""

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.delivery import image as image_module
from sagemaker_mlops.delivery.container.image_rules import DOCKER_MANIFEST
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.image import build_image
from sagemaker_mlops.delivery.image_sources import sources_digest
from sagemaker_mlops.delivery.target import Target, target_of

DIGEST = "sha256:" + "a" * 64
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Registry:
    """ECR, with the media type of what was pushed, by tag."""

    def __init__(self) -> None:
        self.pushed: dict[str, str] = {}
        self.pushes_as = DOCKER_MANIFEST
        self.answers_empty = False

    def describe_images(self, **arguments: Any) -> dict[str, Any]:
        tag = arguments["imageIds"][0]["imageTag"]
        if tag in self.pushed:
            return {"imageDetails": [{"imageDigest": DIGEST, "imageManifestMediaType": self.pushed[tag]}]}
        if self.answers_empty:
            return {"imageDetails": []}
        raise ClientError({"Error": {"Code": "ImageNotFoundException", "Message": ""}}, "DescribeImages")

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": "QVdTOnBhc3N3b3Jk"}]}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    found = Registry()
    monkeypatch.setattr(Target, "client", lambda *_: found)
    monkeypatch.setattr(image_module, "record_image", lambda _: None)
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, registry: Registry) -> list[tuple[str, ...]]:
    """What docker was asked."""
    asked: list[tuple[str, ...]] = []

    def docker(*words: str, content: str | None = None) -> str:
        asked.append((*words, *([content] if content else [])))
        if "--tag" in words:
            registry.pushed[words[words.index("--tag") + 1].rpartition(":")[2]] = registry.pushes_as
        return ""

    monkeypatch.setattr(image_module, "docker", docker)
    return asked


@pytest.mark.parametrize("answers_empty", [False, True])
def test_it_is_built_pushed_and_named_by_its_digest(
    registry: Registry, said: list[tuple[str, ...]], answers_empty: bool
) -> None:
    registry.answers_empty = answers_empty
    assert build_image(target_of("dev")).endswith(f"@{DIGEST}")
    assert [words[0] for words in said] == ["login", "buildx"]
    assert said[0][-1] == "password"


def test_one_manifest_of_dockers_type_is_asked_for(said: list[tuple[str, ...]]) -> None:
    build_image(target_of("dev"))
    words = said[1]
    assert words[words.index("--output") + 1] == "type=image,push=true,oci-mediatypes=false"
    assert words[words.index("--platform") + 1] == "linux/amd64"
    assert {"--provenance=false", "--sbom=false"} <= set(words)


def test_the_same_sources_are_not_built_again(registry: Registry, said: list[tuple[str, ...]]) -> None:
    registry.pushed[f"sources-{sources_digest('')}"] = DOCKER_MANIFEST
    assert build_image(target_of("dev")).endswith(f"@{DIGEST}")
    assert said == []


@pytest.mark.parametrize("media_type", [OCI_MANIFEST, "application/vnd.oci.image.index.v1+json"])
def test_an_image_that_sagemaker_refuses_is_refused_with_the_next_step(
    registry: Registry, said: list[tuple[str, ...]], media_type: str
) -> None:
    registry.pushes_as = media_type
    with pytest.raises(DeliveryError, match=rf"found {re.escape(media_type)}, which SageMaker's CreateModel refuses"):
        build_image(target_of("dev"))
    tag = f"sources-{sources_digest('')}"
    with pytest.raises(DeliveryError, match=f"batch-delete-image .* imageTag={tag}\n  mlops image build"):
        build_image(target_of("dev"))  # it was pushed, so it is not built again, and refused all the same
    assert [words[0] for words in said] == ["login", "buildx"]


def test_a_push_that_went_elsewhere_is_told(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_module, "docker", lambda *_, **__: "")
    with pytest.raises(DeliveryError, match="ECR has no such image"):
        build_image(target_of("dev"))


def test_another_base_or_a_tag_is_an_image_of_its_own(registry: Registry, said: list[tuple[str, ...]]) -> None:
    registry.pushed[f"sources-{sources_digest('')}"] = DOCKER_MANIFEST
    build_image(target_of("dev"), base_image=f"python@{DIGEST}")
    build_image(target_of("dev"), "mine")
    assert [words[0] for words in said].count("buildx") == 2
