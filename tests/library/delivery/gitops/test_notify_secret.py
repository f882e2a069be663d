"""What notify's secret is filled with, and that both ends understand it in the same way."""

from pathlib import Path

import pytest
import rsa
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.app import read_app_key
from sagemaker_mlops.delivery.gitops.notify_secret import put_notify_app, put_notify_token
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.events.notify.installation_token import App
from sagemaker_mlops.events.notify.rest import GitHubRefused
from sagemaker_mlops.events.notify.secret import parse_secret


class Secrets:
    """Secrets Manager with one secret, or none."""

    class exceptions:  # noqa: N801  (boto3's name)
        class ResourceNotFoundException(Exception): ...

    def __init__(self, *names: str) -> None:
        self.values = dict.fromkeys(names, "none")

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803  (boto3's names)
        if SecretId not in self.values:
            raise self.exceptions.ResourceNotFoundException
        self.values[SecretId] = SecretString


@pytest.fixture
def target() -> Target:
    return target_of("production")


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, target: Target) -> Secrets:
    found = Secrets(target.names.github_secret)
    monkeypatch.setattr(type(target), "client", lambda *_: found)
    return found


@pytest.fixture(scope="module")
def pem() -> str:
    _, private = rsa.newkeys(1024)
    return private.save_pkcs1().decode()


def content(target: Target, secrets: Secrets) -> App | str:
    return parse_secret(secrets.values[target.names.github_secret], "name")


def test_notify_gets_a_token(target: Target, secrets: Secrets) -> None:
    put_notify_token(target, " a-token\n")
    assert content(target, secrets) == "a-token"
    with pytest.raises(DeliveryError, match="found none"):
        put_notify_token(target, "")
    secrets.values.clear()
    with pytest.raises(DeliveryError, match="mlops deploy -e production"):
        put_notify_token(target, "a-token")


def test_notify_gets_an_app(target: Target, secrets: Secrets, pem: str, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(pem)
    put_notify_app(target, read_app_key("Iv23li", file))
    assert content(target, secrets) == App("Iv23li", pem)


def test_a_key_that_is_none_is_told_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    with pytest.raises(DeliveryError, match="openssl rsa") as refused:
        read_app_key("Iv23li", file)
    assert "c2VjcmV0" not in str(refused.value)
    with pytest.raises(DeliveryError, match="No such file"):
        read_app_key("Iv23li", tmp_path / "none.pem")
    with pytest.raises(DeliveryError, match="client id"):
        read_app_key("", file)


@pytest.mark.parametrize("text", ["none", "", '{"app_id": "1"}', '{"app_id": '])
def test_a_secret_that_is_not_filled_well_is_told(text: str) -> None:
    with pytest.raises(GitHubRefused, match="name"):
        parse_secret(text, "name")
