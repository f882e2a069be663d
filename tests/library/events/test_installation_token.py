"""The App's tokens: signed as GitHub wants them, asked for with few rights, and used for less than an hour.

Sources: https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app (JSON web tokens: RS256,
at most ten minutes; installation access tokens: an hour).
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
import rsa
from sagemaker_mlops.events.notify.installation_token import App, InstallationTokens
from sagemaker_mlops.events.notify.rest import GitHubRefused, Rest
from sagemaker_mlops.events.shared.app_jwt import KeyUnreadable, app_jwt

NOW = 1_790_000_000.0
PUBLIC, PRIVATE = rsa.newkeys(1024)
APP = App("Iv23li", PRIVATE.save_pkcs1().decode())


class FakeRest(Rest):
    """GitHub, with one installation."""

    asked: list[tuple[str, str, str, Any]]
    status = 201

    def __init__(self) -> None:
        super().__init__("https://api.github.com", "owner", "shop")
        object.__setattr__(self, "asked", [])

    def send(self, method: str, path: str, token: str, body: Mapping[str, Any] | None = None) -> tuple[int, bytes]:
        self.asked.append((method, path, token, body))
        if path.endswith("/installation"):
            return 200, b'{"id": 7}'
        return self.status, json.dumps({"token": f"ghs_{len(self.asked)}", "message": "no"}).encode()


def claims(token: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_the_apps_token_is_signed_with_its_key_for_less_than_ten_minutes() -> None:
    token = app_jwt(APP.app_id, APP.private_key, NOW)
    signed, _, signature = token.rpartition(".")
    assert rsa.verify(signed.encode(), base64.urlsafe_b64decode(signature + "=="), PUBLIC) == "SHA-256"
    found = claims(token)
    assert found["iss"] == "Iv23li"
    assert found["iat"] < NOW < found["exp"] <= NOW + 600
    assert "=" not in token


def test_a_token_of_the_installation_may_start_workflows_here_and_nothing_else() -> None:
    rest = FakeRest()
    assert InstallationTokens(rest, lambda: NOW).token(APP) == "ghs_2"
    (_, installation, _, _), (method, path, signed, body) = rest.asked
    assert installation == "/repos/owner/shop/installation"
    assert (method, path) == ("POST", "/app/installations/7/access_tokens")
    assert claims(signed)["iss"] == "Iv23li"
    assert body == {"repositories": ["shop"], "permissions": {"actions": "write"}}


def test_a_token_is_used_again_while_it_is_good_and_with_the_same_key() -> None:
    rest, clock = FakeRest(), [NOW]
    tokens = InstallationTokens(rest, lambda: clock[0])
    first = tokens.token(APP)
    clock[0] += 2999
    assert tokens.token(APP) == first
    clock[0] += 2
    second = tokens.token(APP)
    assert second != first
    assert tokens.token(App("another", APP.private_key)) != second


def test_a_refusal_is_told_without_the_key() -> None:
    rest = FakeRest()
    object.__setattr__(rest, "status", 403)
    with pytest.raises(GitHubRefused, match=r"GitHub answered 403.*mlops github notify-app") as refused:
        InstallationTokens(rest, lambda: NOW).token(APP)
    assert "PRIVATE" not in str(refused.value)


def test_a_key_of_another_form_is_told() -> None:
    with pytest.raises(KeyUnreadable, match="openssl rsa"):
        app_jwt("1", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", NOW)
