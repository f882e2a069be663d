"""What is made on GitHub, in which order, and what is held back where GitHub refused something."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from nacl.public import PrivateKey, SealedBox
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.app import AppKey, Installation
from sagemaker_mlops.delivery.github.client import GitHubClient, GitHubError
from sagemaker_mlops.delivery.github.repository_identity import RepositoryIdentity, repository_identity
from sagemaker_mlops.delivery.github.setup import Wanted, steps_of
from sagemaker_mlops.delivery.github.setup_step import Result, set_up
from sagemaker_mlops.delivery.github.setup_values import seal
from sagemaker_mlops.environments.settings import Settings, load_settings

IDENTITY = RepositoryIdentity(11, 22, True)
TEXT = """\
# Which account is which.
project: shop
team_email: team@example.com
github:
  owner: "owner"   # ours
  repository: "shop"
monitoring_runtime: model_monitor
environments:
  dev: {account: "111111111111", region: eu-west-1, trains: true}
  staging: {account: "222222222222", region: eu-west-1, serves: true}
  production: {account: "333333333333", region: eu-west-1, serves: true}
"""
POLICIES = "/environments/production/deployment-branch-policies"
ALL = frozenset({"contents", "issues", "pull_requests", "actions", "deployments"})


class FakeClient:
    """A repository's settings; `refused` names paths that the plan does not have."""

    owner, repository = "owner", "shop"

    def __init__(self, content: Mapping[str, Any] | None = None, *, refused: str = "") -> None:
        self.refused = refused
        self.changes: list[tuple[str, str]] = []
        self.key = PrivateKey.generate()
        self.content: dict[str, Any] = {
            "": {"id": 22, "owner": {"id": 11, "type": "Organization"}},
            "/git/ref/heads/main": {"object": {"sha": "1"}},
            "/codeowners/errors": {"errors": []},
            "/actions/oidc/customization/sub": {"use_default": True, "sub_claim_prefix": "repo:owner@11/shop@22"},
            **(content or {}),
        }

    def find(self, path: str) -> Any:
        return self.content.get(path.partition("?")[0])

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        if method == "GET":
            key = {"key": base64.b64encode(bytes(self.key.public_key)).decode(), "key_id": "1"}
            return key if path.endswith("public-key") else self.content[path]
        if self.refused and self.refused in path:
            raise GitHubError("GitHub answered 403: Upgrade to GitHub Pro", 403)
        self.changes.append((method, path))
        self._keep(method, path, body or {})
        return None

    def _keep(self, method: str, path: str, body: dict[str, Any]) -> None:
        if "deployment-branch-policies" in path:
            collection, _, number = path.partition("deployment-branch-policies")
            found = self.content.setdefault(f"{collection}deployment-branch-policies", {"branch_policies": []})
            policies = found["branch_policies"]
            kept = [policy for policy in policies if f"/{policy['id']}" != number]
            added = [{"id": len(policies) + 1, **body}] if method == "POST" else []
            found["branch_policies"] = kept + added
        elif path == "/actions/variables":
            self.content[f"{path}/{body['name']}"] = body
        elif path == "/actions/oidc/customization/sub":
            self.content[path] = {**body, "sub_claim_prefix": "repo:owner@11/shop@22"}
        else:
            self.content[path] = body


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "environments.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def run(client: FakeClient, file: Path, wanted: Wanted | None = None, *, apply: bool = True) -> dict[str, Result]:
    """Results by the beginning of their names."""
    settings: Settings = load_settings(file)
    wanted = wanted or Wanted(connected=True)
    found = steps_of(cast(GitHubClient, client), settings, file, IDENTITY, wanted)
    return {result.name: result for result in set_up(found, apply=apply)}


def outcome(results: Mapping[str, Result], name: str) -> str:
    return next(result.outcome for key, result in results.items() if name in key)


def test_a_look_changes_nothing(file: Path) -> None:
    client = FakeClient()
    results = run(client, file, apply=False)
    assert outcome(results, "owner_id") == outcome(results, "AWS_CONNECTED") == "would be made"
    assert client.changes == []
    assert file.read_text(encoding="utf-8") == TEXT


def test_what_is_there_is_left_alone(file: Path) -> None:
    client = FakeClient()
    run(client, file)
    made = len(client.changes)
    assert {result.outcome for result in run(client, file).values()} == {"there"}
    assert len(client.changes) == made


def test_the_ids_are_written_and_every_comment_is_kept(file: Path) -> None:
    """The OpenID Connect subjects of new repositories have them: GitHub's changelog of 2026-04-23."""
    run(FakeClient(), file)
    after = '  repository: "shop"\n  owner_id: 11\n  repository_id: 22\n'
    assert file.read_text(encoding="utf-8") == TEXT.replace('  repository: "shop"\n', after)
    github = load_settings(file).github
    assert github.subject_prefix == "repo:owner@11/shop@22"


def test_ids_of_another_repository_are_replaced(file: Path) -> None:
    wrong = '  repository: "shop"\n  owner_id: 5   # the fork\n  repository_id: 6\n'
    file.write_text(TEXT.replace('  repository: "shop"\n', wrong), encoding="utf-8")
    run(FakeClient(), file)
    assert "owner_id: 11   # the fork" in file.read_text(encoding="utf-8")
    assert load_settings(file).github.repository_id == 22


def test_an_older_repository_is_switched_to_subjects_with_ids(file: Path) -> None:
    path = "/actions/oidc/customization/sub"
    client = FakeClient({path: {"use_default": True, "sub_claim_prefix": "repo:owner/shop"}})
    assert outcome(run(client, file), "OpenID Connect subjects") == "made"
    assert client.content[path]["use_immutable_subject"] is True


def test_a_repository_that_is_not_there_is_to_be_created_first() -> None:
    client = FakeClient()
    assert repository_identity(cast(GitHubClient, client)) == IDENTITY
    del client.content[""]
    with pytest.raises(DeliveryError, match=r"Do step 2 .* first"):
        repository_identity(cast(GitHubClient, client))


@pytest.mark.parametrize(
    "present",
    [
        [],
        [{"id": 1, "name": "main"}, {"id": 2, "name": "*"}],
        [{"id": 1, "name": "*"}],
        [{"id": 1, "name": "main", "type": "tag"}],
    ],
)
def test_main_and_nothing_else_may_deploy(file: Path, present: list[dict[str, Any]]) -> None:
    """`main` beside `*` lets every branch deploy; a tag may be called main, too."""
    client = FakeClient({POLICIES: {"branch_policies": present}})
    assert outcome(run(client, file), "environment production: main") == "made"
    policies = client.content[POLICIES]["branch_policies"]
    assert [(policy["name"], policy.get("type", "branch")) for policy in policies] == [("main", "branch")]


@pytest.mark.parametrize("refused", ["/environments/production", "/branches/main/protection"])
def test_without_rules_neither_secret_nor_connection_is_made(file: Path, refused: str) -> None:
    client = FakeClient(refused=refused)
    results = run(client, file, Wanted(connected=True, token="a-token"))
    assert outcome(results, "AWS_CONNECTED") == outcome(results, "secret DELIVERY_TOKEN") == "held back"
    assert not [path for _, path in client.changes if "secrets" in path or "variables" in path]


def test_what_the_plan_lacks_is_said_with_a_way_without_it(file: Path) -> None:
    results = run(FakeClient(refused="/environments/"), file)
    refused = [result for result in results.values() if result.outcome == "refused"]
    assert "deploy_from: main_branch" in str(refused[0])


def test_a_main_that_nobody_has_pushed_is_told_and_nothing_is_connected(file: Path) -> None:
    client = FakeClient()
    del client.content["/git/ref/heads/main"]
    results = run(client, file)
    assert "Do step 8 of FIRST-CONTACT.md first: git push origin main" in results["branch main"].advice
    assert outcome(results, "AWS_CONNECTED") == "held back"


def test_an_empty_repository_answers_409_and_the_push_is_named(file: Path) -> None:
    """Source: https://docs.github.com/rest/git/refs#get-a-reference (409 Conflict), noflo/noflo-ui#500."""

    class Empty(FakeClient):
        def find(self, path: str) -> Any:
            if path.startswith("/git/ref/"):
                raise GitHubError("GitHub answered 409: Git Repository is empty.", 409)
            return super().find(path)

    results = run(Empty(), file)
    assert "git push origin main" in results["branch main"].advice
    assert outcome(results, "AWS_CONNECTED") == "held back"


def test_environments_that_are_not_deployed_are_named_and_the_first_jobs_must_be(file: Path) -> None:
    later = run(FakeClient(), file, Wanted(connected=True, undeployed=("staging",)))
    assert later["variable AWS_CONNECTED=true"].outcome == "made"
    assert "until they are deployed: staging" in later["variable AWS_CONNECTED=true"].advice
    first = run(FakeClient(), file, Wanted(connected=True, undeployed=("dev", "staging")))
    assert "mlops deploy -e dev" in first["dev is deployed"].advice
    assert first["variable AWS_CONNECTED=true"].outcome == "held back"


def test_owners_whom_github_does_not_know_are_told(file: Path) -> None:
    errors = [{"line": 2, "kind": "Unknown owner"}]
    results = run(FakeClient({"/codeowners/errors": {"errors": errors}}), file)
    assert "line 2: Unknown owner" in str(results["owners in .github/CODEOWNERS exist"])


def test_without_rules_at_all_somebody_must_accept_it(file: Path) -> None:
    text = TEXT.replace('  repository: "shop"\n', '  repository: "shop"\n  deploy_from: main_branch\n')
    file.write_text(text, encoding="utf-8")
    refusing = FakeClient(refused="/protection")
    assert outcome(run(refusing, file), "AWS_CONNECTED") == "held back"
    results = run(refusing, file, Wanted(connected=True, token="a-token", accepts_unprotected=True))
    assert outcome(results, "AWS_CONNECTED") == "made"
    assert not [name for name in results if name.startswith(("environment", "secret"))], "they would protect nothing"


def test_accepting_an_unprotected_main_does_not_replace_the_rules_of_environments(file: Path) -> None:
    results = run(FakeClient(refused="/protection"), file, Wanted(connected=True, accepts_unprotected=True))
    assert outcome(results, "AWS_CONNECTED") == "held back"


def test_without_a_token_workflows_may_open_requests_with_their_own(file: Path) -> None:
    client = FakeClient()
    run(client, file)
    assert client.content["/actions/permissions/workflow"]["can_approve_pull_request_reviews"]


def test_a_secret_is_sealed_for_github_only(file: Path) -> None:
    client = FakeClient()
    results = run(client, file, Wanted(token="very-secret"))
    sent = client.content["/environments/delivery/secrets/DELIVERY_TOKEN"]["encrypted_value"]
    assert SealedBox(client.key).decrypt(base64.b64decode(sent)) == b"very-secret"
    assert "very-secret" not in "".join(map(str, results.values()))
    assert "/actions/permissions/workflow" not in client.content
    assert seal("a", base64.b64encode(bytes(client.key.public_key)).decode()) != sent


def with_app(permissions: frozenset[str] = ALL) -> Wanted:
    installation = Installation("shop-delivery", dict.fromkeys(permissions, "write"))
    return Wanted(connected=True, app=(AppKey("Iv23li", "a-private-key"), installation))


def test_an_app_gets_its_id_its_key_and_its_name_everywhere(file: Path) -> None:
    client = FakeClient()
    results = run(client, file, with_app())
    assert client.content["/actions/variables/DELIVERY_APP_ID"]["value"] == "Iv23li"
    deployment = [path for _, path in client.changes if "DELIVERY_APP_PRIVATE_KEY" in path]
    assert [path.split("/")[2] for path in deployment] == ["delivery", "dev", "production"]
    assert "a-private-key" not in "".join(map(str, results.values()))
    assert load_settings(file).github.delivery_login == "shop-delivery[bot]"
    reviews = client.content["/branches/main/protection"]["required_pull_request_reviews"]
    assert reviews["bypass_pull_request_allowances"]["apps"] == ["shop-delivery"]


def test_an_app_that_may_too_little_is_told_and_nothing_is_connected(file: Path) -> None:
    results = run(FakeClient(), file, with_app(ALL - {"deployments"}))
    assert "deployments" in next(result.advice for name, result in results.items() if name.startswith("App"))
    assert outcome(results, "AWS_CONNECTED") == "held back"
