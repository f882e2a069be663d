"""What doctor sees of the repository's steps, with the answers that GitHub gives."""

from typing import Any

import pytest
from sagemaker_mlops.delivery.first_contact import github_facts as module
from sagemaker_mlops.delivery.first_contact.facts import Fact, State
from sagemaker_mlops.delivery.first_contact.github_facts import github_facts
from sagemaker_mlops.delivery.first_contact.steps import Name
from sagemaker_mlops.delivery.github.app import AppKey, Installation
from sagemaker_mlops.delivery.github.client import GitHubClient, GitHubError
from sagemaker_mlops.delivery.target import target_of
from sagemaker_mlops.environments.settings import Settings
from sagemaker_mlops.project import ROOT

PROTECTION = {
    "required_status_checks": {"checks": [{"context": "pass", "app_id": 15368}]},
    "required_pull_request_reviews": {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": True,
        "require_last_push_approval": True,
    },
}
BRANCHES = {"branch_policies": [{"id": 1, "name": "main"}]}
POLICY = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
NAMES = ("delivery", "dev", "staging", "production")
FINISHED: dict[str, Any] = {
    "": {"id": 22, "owner": {"id": 11, "type": "Organization"}},
    "/git/ref/heads/main": {"object": {"sha": "1"}},
    "/codeowners/errors": {"errors": []},
    "/actions/oidc/customization/sub": {"use_default": True, "sub_claim_prefix": "repo:owner@11/shop@22"},
    "/branches/main/protection": PROTECTION,
    "/actions/variables/DELIVERY_APP_ID": {"value": "Iv23a"},
    "/actions/variables/AWS_CONNECTED": {"value": "true"},
    "/environments/delivery/secrets/DELIVERY_APP_PRIVATE_KEY": {"name": "DELIVERY_APP_PRIVATE_KEY"},
    **{f"/environments/{name}": POLICY for name in NAMES},
    **{f"/environments/{name}/deployment-branch-policies": BRANCHES for name in NAMES},
}
KEY = AppKey("Iv23a", "key")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What GitHub answers, by path; an exception is raised. Everything is set up, until a test takes something away."""
    found = dict(FINISHED)

    def request(_: GitHubClient, method: str, path: str, body: Any = None) -> Any:
        assert (method, body) == ("GET", None), "looking changes nothing"
        answer = found.get(path.partition("?")[0], GitHubError("GitHub answered 404", 404))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(GitHubClient, "request", request)
    monkeypatch.setenv("GITHUB_TOKEN", "token")
    monkeypatch.delenv("DELIVERY_TOKEN", raising=False)
    monkeypatch.delenv("GITHUB_API_URL", raising=False)
    return found


def settings(**github: Any) -> Settings:
    found = target_of("dev").settings
    known = {"owner_id": 11, "repository_id": 22, "api_url": "https://api.github.com", **github}
    return found.model_copy(update={"github": found.github.model_copy(update=known)})


def test_a_repository_that_is_set_up(answers: dict[str, Any]) -> None:
    found = github_facts(settings(), None)
    assert {fact.state for fact in found.values()} == {"done"}, found
    assert list(found) == ["repository", "ids", "app", "push", "rules", "connect"]
    assert answers == FINISHED


@pytest.mark.parametrize(
    ("path", "answer", "name", "state"),
    [
        ("", None, "repository", "missing"),
        ("", GitHubError("GitHub answered 401", 401), "repository", "cannot see"),
        ("", {"id": 23, "owner": {"id": 11}}, "ids", "missing"),
        ("/git/ref/heads/main", GitHubError("GitHub answered 409: Git Repository is empty.", 409), "push", "missing"),
        ("/git/ref/heads/main", None, "push", "missing"),
        ("/branches/main/protection", None, "rules", "missing"),
        ("/branches/main/protection", GitHubError("GitHub answered 403", 403), "rules", "cannot see"),
        ("/environments/staging/deployment-branch-policies", None, "rules", "missing"),
        ("/codeowners/errors", {"errors": [{"line": 1, "kind": "Unknown owner"}]}, "rules", "missing"),
        ("/actions/variables/AWS_CONNECTED", {"value": "false"}, "connect", "missing"),
        ("/actions/variables/AWS_CONNECTED", GitHubError("GitHub answered 403", 403), "connect", "cannot see"),
    ],
)
def test_what_is_missing(answers: dict[str, Any], path: str, answer: Any, name: Name, state: State) -> None:
    answers[path] = GitHubError("GitHub answered 404", 404) if answer is None else answer
    assert github_facts(settings(), None)[name].state == state


def test_the_app_is_looked_at_if_it_was_given(answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def app(permissions: dict[str, str]) -> Fact:
        monkeypatch.setattr(module, "find_installation", lambda *_: Installation("shop-delivery", permissions))
        return github_facts(settings(), KEY)["app"]

    rights = ("actions", "contents", "deployments", "issues", "pull_requests")
    assert app(dict.fromkeys(rights, "write")).state == "done"
    assert "may not write issues" in app({**dict.fromkeys(rights, "write"), "issues": "read"}).text
    del answers["/environments/delivery/secrets/DELIVERY_APP_PRIVATE_KEY"]
    rules = github_facts(settings(), KEY)["rules"]
    assert (rules.state, "DELIVERY_APP_PRIVATE_KEY" in rules.text) == ("missing", True)


@pytest.mark.parametrize(
    ("token", "secret", "connected", "state"),
    [("", False, False, "missing"), ("t", False, False, "done"), ("", True, False, "done"), ("", False, True, "done")],
)
def test_in_place_of_an_app(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch, token: str, secret: bool, connected: bool, state: State
) -> None:
    """A token that is given or set up, or, once connected, neither: the built-in token."""
    del answers["/actions/variables/DELIVERY_APP_ID"]
    if token:
        monkeypatch.setenv("DELIVERY_TOKEN", token)
    if secret:
        answers["/environments/delivery/secrets/DELIVERY_TOKEN"] = {"name": "DELIVERY_TOKEN"}
    if not connected:
        del answers["/actions/variables/AWS_CONNECTED"]
    assert github_facts(settings(), None)["app"].state == state


def test_without_a_paid_plan_the_environments_need_no_rules(answers: dict[str, Any]) -> None:
    for path in [path for path in answers if path.startswith(("/environments/", "/branches/"))]:
        del answers[path]
    assert github_facts(settings(), None)["rules"].state == "missing"
    assert github_facts(settings(deploy_from="main_branch"), None)["rules"].state == "done"


def test_the_page_names_every_permission_of_the_app() -> None:
    page = (ROOT / "FIRST-CONTACT.md").read_text(encoding="utf-8")
    assert "**Actions, Contents, Deployments, Issues, Pull requests: Read and write**" in page
