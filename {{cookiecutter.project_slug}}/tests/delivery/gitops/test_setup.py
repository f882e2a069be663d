"""What is made on GitHub, and what is said where it cannot be."""

import base64
from typing import Any, cast

import pytest
from nacl.public import PrivateKey, SealedBox

from delivery.errors import DeliveryError
from delivery.github.client import GitHubClient, GitHubError
from delivery.github.setup import Result, seal, set_up, steps_of
from delivery.gitops.notify_token import put_notify_token
from delivery.target import target_of


class FakeClient:
    """A repository's settings; `refused` names paths that the plan does not have."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.changes: list[tuple[str, str]] = []
        self.content: dict[str, Any] = {}
        self.key = PrivateKey.generate()

    def find(self, path: str) -> Any:
        return self.content.get(path)

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if method == "GET":
            return {"key": base64.b64encode(bytes(self.key.public_key)).decode(), "key_id": "1"}
        if self.refused and self.refused in path:
            raise GitHubError("GitHub answered 403: Upgrade to GitHub Pro", 403)
        self.changes.append((method, path))
        if path.endswith("deployment-branch-policies"):
            self.content[path] = {"branch_policies": [body]}
        elif path == "/actions/variables":
            self.content[f"{path}/{(body or {})['name']}"] = body
        else:
            self.content[path] = body
        return None


def run(client: FakeClient, *, apply: bool = True) -> list[Result]:
    steps = steps_of(cast(GitHubClient, client), ["dev", "production"], connected=True, reviews=1)
    return list(set_up(steps, apply=apply))


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DELIVERY_TOKEN", raising=False)


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


def test_notify_gets_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    target = target_of("production")
    secrets = Secrets(target.names.github_secret)
    monkeypatch.setattr(type(target), "client", lambda *_: secrets)
    put_notify_token(target, " a-token\n")
    assert secrets.values == {target.names.github_secret: "a-token"}
    with pytest.raises(DeliveryError, match="found none"):
        put_notify_token(target, "")
    secrets.values.clear()
    with pytest.raises(DeliveryError, match="make deploy ENV=production"):
        put_notify_token(target, "a-token")


def test_a_look_changes_nothing() -> None:
    client = FakeClient()
    assert {result.outcome for result in run(client, apply=False)} == {"would be made"}
    assert client.changes == []


def test_what_is_there_is_left_alone() -> None:
    client = FakeClient()
    assert {result.outcome for result in run(client)} == {"made"}
    made = len(client.changes)
    assert {result.outcome for result in run(client)} == {"there"}
    assert len(client.changes) == made


def test_only_main_may_deploy() -> None:
    client = FakeClient()
    run(client)
    assert client.content["/environments/production/deployment-branch-policies"]["branch_policies"][0]["name"] == "main"
    assert client.content["/branches/main/protection"]["required_status_checks"]["contexts"] == ["pass"]


def test_what_the_plan_lacks_is_said_with_a_way_without_it() -> None:
    refused = [result for result in run(FakeClient(refused="/environments/")) if result.outcome == "refused"]
    assert len(refused) == 6
    assert "deploy_from: main_branch" in str(refused[0])


def test_without_a_token_workflows_may_open_requests_with_their_own() -> None:
    client = FakeClient()
    run(client)
    assert client.content["/actions/permissions/workflow"]["can_approve_pull_request_reviews"]


def test_a_secret_is_sealed_for_github_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELIVERY_TOKEN", "very-secret")
    client = FakeClient()
    results = run(client)
    sent = client.content["/environments/delivery/secrets/DELIVERY_TOKEN"]["encrypted_value"]
    assert SealedBox(client.key).decrypt(base64.b64decode(sent)) == b"very-secret"
    assert "very-secret" not in "".join(map(str, results))
    assert "/actions/permissions/workflow" not in client.content
    assert seal("a", base64.b64encode(bytes(client.key.public_key)).decode()) != sent
