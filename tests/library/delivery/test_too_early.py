"""A command that is run too early changes nothing, and names the missing step of FIRST-CONTACT.md and its command."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sagemaker_mlops.command_line import infrastructure
from sagemaker_mlops.command_line.main import application
from sagemaker_mlops.delivery import image as image_module
from sagemaker_mlops.delivery import image_sources
from sagemaker_mlops.delivery import target as target_module
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.first_contact.steps import PATH, Name, do_first, step
from sagemaker_mlops.delivery.github.client import TOKEN_VARIABLES
from sagemaker_mlops.delivery.github.setup_rules import deployment_step
from sagemaker_mlops.delivery.github.setup_step import set_up
from sagemaker_mlops.delivery.registry import list_versions
from sagemaker_mlops.delivery.stacks.deploy import require_stack
from sagemaker_mlops.delivery.stacks.state import require_bootstrap
from sagemaker_mlops.delivery.start_training import request_training
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.events.start_training.cause import Cause
from typer.testing import CliRunner

ARN = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/purchase-intent-dev/1"


@pytest.fixture(autouse=True)
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell with neither credentials nor a token, in which no client was made yet."""
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    target_module._client.cache_clear()
    for name in (*TOKEN_VARIABLES, "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ENVIRONMENTS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def names_step(message: str, name: Name, command: str) -> bool:
    found = re.search(rf"Do step {step(name).number} of FIRST-CONTACT\.md first: (.*)", message)
    return found is not None and command in found[1]


@pytest.mark.parametrize(
    ("words", "name", "command"),
    [
        (("bootstrap",), "credentials", "aws sso login --profile"),
        (("diff",), "credentials", "aws sso login --profile"),
        (("deploy",), "credentials", "aws sso login --profile"),
        (("image", "build"), "credentials", "aws sso login --profile"),
        (("data", "put", "DATA"), "credentials", "aws sso login --profile"),
        (("train", "start", "--as-event"), "credentials", "aws sso login --profile"),
        (("versions",), "credentials", "aws sso login --profile"),
        (("approve",), "credentials", "aws sso login --profile"),
        (("release", ARN), "credentials", "aws sso login --profile"),
        (("predict",), "credentials", "aws sso login --profile"),
        (("github", "notify-token"), "credentials", "aws sso login --profile"),
        (("release",), "version", "mlops github deliver"),
        (("github", "ids", "--apply"), "repository", "export GITHUB_TOKEN="),
        (("github", "setup", "--apply"), "repository", "export GITHUB_TOKEN="),
        (("github", "setup", "--apply", "--connected"), "repository", "export GITHUB_TOKEN="),
        (("status",), "credentials", "aws sso login --profile"),
    ],
)
def test_with_nothing_at_all(words: tuple[str, ...], name: Name, command: str, tmp_path: Path) -> None:
    data = tmp_path / "2025-02.csv"
    data.write_text("nothing\n", encoding="utf-8")
    result = CliRunner().invoke(application, [str(data) if word == "DATA" else word for word in words])
    assert isinstance(result.exception, DeliveryError), result.output
    assert names_step(str(result.exception), name, command), str(result.exception)


def test_a_training_without_an_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(image_sources, "IMAGE_FILE", tmp_path / "image-uri.txt")
    result = CliRunner().invoke(application, ["train", "start", "--window", "2025-02:2025-07"])
    assert isinstance(result.exception, DeliveryError)
    assert f"mlops image build (step {step('version').number} of FIRST-CONTACT.md)" in str(result.exception)


@pytest.mark.parametrize(
    "words", [("--app-id", "Iv23a"), ("--key-file", "nowhere.pem"), ("--app-id", "Iv23a", "--key-file", "nowhere.pem")]
)
def test_without_an_app(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "token")
    result = CliRunner().invoke(application, ["github", "setup", *words])
    assert isinstance(result.exception, DeliveryError)
    assert names_step(str(result.exception), "app", "export APP_ID=... KEY_FILE=...")


class Empty:
    """An account in which nothing was made: each service says so in its own way."""

    class exceptions:  # noqa: N801  (boto3's name)
        class ParameterNotFound(Exception): ...

        class ResourceNotFoundException(Exception): ...

    def get_parameter(self, **_: Any) -> None:
        raise self.exceptions.ParameterNotFound

    def invoke(self, **_: Any) -> None:
        raise self.exceptions.ResourceNotFoundException

    def describe_stacks(self, **_: Any) -> None:
        raise refusal("ValidationError", "Stack with id s does not exist")

    def describe_images(self, **_: Any) -> None:
        raise refusal("RepositoryNotFoundException", "The repository does not exist")

    def get_paginator(self, _: str) -> "Empty":
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield self.first_page()

    def first_page(self) -> dict[str, Any]:
        raise refusal("ValidationException", "ModelPackageGroup does not exist")


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@pytest.mark.parametrize(
    ("act", "name", "command"),
    [
        (require_bootstrap, "bootstrap", "mlops bootstrap -e dev"),
        (lambda target: require_stack(target, "training"), "deploy", "mlops deploy -e dev"),
        (image_module.build_image, "deploy", "mlops deploy -e dev"),
        (list_versions, "deploy", "mlops deploy -e dev"),
        (lambda target: request_training(target, Cause("manual", "1", None, "", "")), "deploy", "mlops deploy -e dev"),
    ],
)
def test_in_an_empty_account(monkeypatch: pytest.MonkeyPatch, act: Any, name: Name, command: str) -> None:
    monkeypatch.setattr(Target, "client", lambda *_: Empty())
    with pytest.raises(DeliveryError) as raised:
        act(target_of("dev"))
    assert names_step(str(raised.value), name, command), str(raised.value)


@pytest.mark.parametrize(("undeployed", "outcome"), [((), "there"), (("staging",), "there"), (("dev",), "refused")])
def test_connecting_needs_the_environment_of_the_first_job(undeployed: tuple[str, ...], outcome: str) -> None:
    (result,) = set_up([deployment_step(undeployed, "dev")], apply=True)
    assert result.outcome == outcome
    assert outcome == "there" or names_step(result.advice, "deploy", "mlops deploy -e dev")


@pytest.mark.parametrize("ids", [{"owner_id": None, "repository_id": None}, {"owner_id": 1, "repository_id": 2}])
def test_a_deployment_without_the_ids_names_their_step(
    monkeypatch: pytest.MonkeyPatch, ids: dict[str, int | None]
) -> None:
    target = target_of("dev")
    github = target.settings.github.model_copy(update=ids)
    known = replace(target, settings=target.settings.model_copy(update={"github": github}))
    monkeypatch.setattr(infrastructure, "target_of", lambda _: known)
    monkeypatch.setattr(infrastructure, "deploy_stacks", lambda *_, **__: None)
    printed = CliRunner().invoke(application, ["deploy"]).output
    assert names_step(printed, "ids", "mlops github ids --apply") is (ids["owner_id"] is None)


def test_every_step_has_a_command() -> None:
    for found in PATH:
        message = do_first(found.name, "dev", "shop")
        assert names_step(message, found.name, found.command.partition("{")[0])
        assert "{" not in message
