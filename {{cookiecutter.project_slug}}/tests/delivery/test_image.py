"""The image is built once for the same sources."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery import image as image_module
from delivery.image import build_image
from delivery.image_sources import sources_digest
from delivery.target import Target, target_of

DIGEST = "sha256:" + "a" * 64


class Registry:
    """ECR, with what was pushed."""

    def __init__(self) -> None:
        self.pushed: dict[str, str] = {}
        self.answers_empty = False

    def describe_images(self, **arguments: Any) -> dict[str, Any]:
        tag = arguments["imageIds"][0]["imageTag"]
        if tag in self.pushed:
            return {"imageDetails": [{"imageDigest": self.pushed[tag]}]}
        if self.answers_empty:
            return {"imageDetails": []}
        raise ClientError({"Error": {"Code": "ImageNotFoundException", "Message": ""}}, "DescribeImages")

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": "QVdTOnBhc3N3b3Jk"}]}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    found = Registry()
    monkeypatch.setattr(Target, "client", lambda *_: found)
    monkeypatch.setattr(image_module, "note_image", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/docker")
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What docker was asked."""
    asked: list[tuple[str, ...]] = []
    repository = target_of("dev").names.image_repository

    def docker(*words: str, content: str | None = None) -> str:
        asked.append((*words, *([content] if content else [])))
        return json.dumps([{"RepoDigests": [f"{repository}@{DIGEST}"]}])

    monkeypatch.setattr(image_module, "_docker", docker)
    return asked


@pytest.mark.parametrize("answers_empty", [False, True])
def test_it_is_built_pushed_and_named_by_its_digest(
    registry: Registry, said: list[tuple[str, ...]], answers_empty: bool
) -> None:
    registry.answers_empty = answers_empty
    assert build_image(target_of("dev")).endswith(f"@{DIGEST}")
    assert [words[0] for words in said] == ["build", "login", "push", "inspect"]
    assert said[1][-1] == "password"


def test_the_same_sources_are_not_built_again(registry: Registry, said: list[tuple[str, ...]]) -> None:
    registry.pushed[f"sources-{sources_digest('')}"] = DIGEST
    assert build_image(target_of("dev")).endswith(f"@{DIGEST}")
    assert said == []


def test_another_base_or_a_tag_is_an_image_of_its_own(registry: Registry, said: list[tuple[str, ...]]) -> None:
    registry.pushed[f"sources-{sources_digest('')}"] = DIGEST
    build_image(target_of("dev"), base_image=f"python@{DIGEST}")
    build_image(target_of("dev"), "mine")
    assert [words[0] for words in said].count("build") == 2
