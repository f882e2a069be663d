"""The stand-in tells accounts apart: an App with its tokens, people, strangers, and the built-in token."""

import json
import shutil
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from localcloud.github.app_jwt import new_key, sign

from tests.conftest import TEMPLATE_FOLDER
from tests.laptop.github_stand_in import PERSON, StandIn
from tests.localcloud.conftest import LocalCloud, StartCloud
from tests.localcloud.pushed_workflows import git, push_workflows
from tests.localcloud.test_github import CHECKED, FILE, branch, conclusion, head, pull, write

PERMISSIONS = dict.fromkeys(("actions", "contents", "deployments", "issues", "pull_requests"), "write")
STRANGER = "token-of-a-stranger"
# Opens a request with the token that the project's own action gives, as `promote` does.
OPENS = """\
name: opens
on:
  workflow_dispatch:
    inputs:
      branch: {type: string, required: true}
permissions: {}
jobs:
  open:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - id: github
        uses: ./.github/actions/github-token
        with:
          app-id: ${{ vars.DELIVERY_APP_ID }}
          private-key: ${{ secrets.DELIVERY_APP_PRIVATE_KEY }}
          token: ${{ secrets.DELIVERY_TOKEN }}
      - run: python3 open_request.py
        env:
          BRANCH: ${{ inputs.branch }}
          GITHUB_TOKEN: ${{ steps.github.outputs.token }}
          TOKEN_LOGIN: ${{ steps.github.outputs.login }}
"""
OPEN_REQUEST = """\
import json, os, urllib.request
body = json.dumps({"title": "by " + os.environ["TOKEN_LOGIN"], "head": os.environ["BRANCH"], "base": "main"}).encode()
url = os.environ["GITHUB_API_URL"] + "/repos/" + os.environ["GITHUB_REPOSITORY"] + "/pulls"
headers = {"Authorization": "Bearer " + os.environ["GITHUB_TOKEN"]}
urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers, method="POST"))
"""


@pytest.fixture(scope="module")
def cloud(start_cloud: StartCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalCloud:
    return start_cloud(tmp_path_factory.mktemp("accounts-cloud"))


@pytest.fixture(scope="module")
def github(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    """A repository with the project's action, and workflows that use it."""
    stand_in = StandIn(f"{cloud.running.url}/_github", cloud.instance.directory)
    stand_in.runs()  # from now on it knows its name
    folder = tmp_path_factory.mktemp("work")
    shutil.copytree(TEMPLATE_FOLDER / ".github" / "actions", folder / ".github" / "actions")
    (folder / FILE).write_text("version: 1\n")
    (folder / "open_request.py").write_text(OPEN_REQUEST)
    push_workflows(cloud.instance.directory, folder, {"opens": OPENS, "checked": CHECKED})
    # A stranger's fork has a commit of its own.
    (folder / FILE).write_text("version: theirs\n")
    git(folder, "commit", "--quiet", "--all", "--message", "Mine")
    git(folder, "push", str(cloud.instance.directory / "github.git"), "HEAD:refs/forks/stranger/revert/one")
    stand_in.steer("settings", logins={STRANGER: "stranger"})
    return stand_in


@pytest.fixture(scope="module")
def app(github: StandIn) -> dict[str, Any]:
    """An App as GitHub makes it: its answer has the key."""
    found: dict[str, Any] = github.steer("app", name="Shop Delivery", permissions=PERMISSIONS)
    return found


def as_app(github: StandIn, app: dict[str, Any], **changes: Any) -> str:
    """A token that the App has signed."""
    made = {"app_id": app["client_id"], "private_key": app["pem"], "now": time.time()} | changes
    return sign(**made)


def root_call(github: StandIn, method: str, path: str, token: str, body: dict[str, Any] | None = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(github.url + path, data=content, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error.code} {error.read().decode()}") from None


def token_of(github: StandIn, app: dict[str, Any], permissions: dict[str, str] | None = None) -> str:
    signed = as_app(github, app)
    number = github.call("GET", "/installation", token=signed)["id"]
    path = f"/app/installations/{number}/access_tokens"
    return str(root_call(github, "POST", path, signed, {"permissions": permissions or {}})["token"])


def test_an_app_gets_a_token_for_an_hour(github: StandIn, app: dict[str, Any]) -> None:
    token = token_of(github, app)
    assert github.call("GET", "/issues", token=token) == []
    github.steer("settings", **{"clock-ahead-seconds": 3590})
    assert github.call("GET", "/issues", token=token) == []
    github.steer("settings", **{"clock-ahead-seconds": 3610})
    with pytest.raises(AssertionError, match=r"401.*Bad credentials"):
        github.call("GET", "/issues", token=token)
    github.steer("settings", **{"clock-ahead-seconds": 0})


def test_what_an_app_did_not_sign_well_is_refused(github: StandIn, app: dict[str, Any]) -> None:
    """Words of GitHub's own answers; the limit of ten minutes is documented."""
    other = new_key()[0]
    for token, refusal in (
        ("a-word", "401.*could not be decoded"),
        (as_app(github, app, private_key=other), "401.*could not be decoded"),
        (as_app(github, app, app_id="Iv23nobody"), "401.*Integration not found"),
        (as_app(github, app, now=time.time() - 3600), "401.*future time"),
        (as_app(github, app, now=time.time() + 300), "401.*Issued at"),
    ):
        with pytest.raises(AssertionError, match=refusal):
            github.call("GET", "/installation", token=token)


def test_a_token_may_do_what_it_was_asked_for_with(github: StandIn, app: dict[str, Any]) -> None:
    token = token_of(github, app, {"actions": "write"})
    with pytest.raises(AssertionError, match=r"403.*not accessible by integration"):
        github.call("POST", "/issues", {"title": "x"}, token)
    with pytest.raises(AssertionError, match=r"422.*not granted"):
        token_of(github, app, {"administration": "write"})


def test_everybody_has_a_name(github: StandIn, app: dict[str, Any]) -> None:
    token = token_of(github, app)
    authors = {PERSON: "person", STRANGER: "stranger", token: "shop-delivery[bot]", "built-in-1": "github-actions[bot]"}
    for one, login in authors.items():
        issue = github.call("POST", "/issues", {"title": "x", "body": "y"}, one)
        assert issue["user"]["login"] == login
        assert github.call("POST", f"/issues/{issue['number']}/comments", {"body": "z"}, one)["user"]["login"] == login
        github.call("PATCH", f"/issues/{issue['number']}", {"state": "closed"})
    assert root_call(github, "GET", "/user", STRANGER)["login"] == "stranger"
    with pytest.raises(AssertionError, match=r"403.*not accessible by integration"):
        root_call(github, "GET", "/user", token)


def open_in_a_workflow(github: StandIn, name: str) -> dict[str, Any]:
    branch(github, name, f"version: {name}\n")
    before = github.newest("opens")
    github.call("POST", "/actions/workflows/opens.yml/dispatches", {"ref": "main", "inputs": {"branch": name}})
    run = github.succeed("opens", before, 60)
    assert "PRIVATE KEY" not in github.log(run["id"])
    return next(pull for pull in github.pulls() if pull["head"]["ref"] == name)


def test_a_request_that_the_app_opens_in_a_workflow_is_checked_by_itself(github: StandIn, app: dict[str, Any]) -> None:
    github.call("POST", "/actions/variables", {"name": "DELIVERY_APP_ID", "value": app["client_id"]})
    github.steer("settings", **{"known-secret:DELIVERY_APP_PRIVATE_KEY": app["pem"]})
    before = github.newest("checked")
    found = open_in_a_workflow(github, "promote/app")
    assert (found["title"], found["user"]["login"]) == ("by shop-delivery[bot]", "shop-delivery[bot]")
    github.succeed("checked", before, 60)


def test_without_an_app_the_same_action_gives_the_teams_token_or_the_built_in_one(github: StandIn) -> None:
    github.steer("settings", **{"known-secret:DELIVERY_APP_PRIVATE_KEY": "", "known-secret:DELIVERY_TOKEN": PERSON})
    assert open_in_a_workflow(github, "promote/token")["title"] == "by "
    github.steer("settings", **{"known-secret:DELIVERY_TOKEN": ""})
    github.call("PUT", "/actions/permissions/workflow", {"can_approve_pull_request_reviews": True})
    found = open_in_a_workflow(github, "promote/built-in")
    assert found["user"]["login"] == "github-actions[bot]"
    assert conclusion(github, github.newest("checked")) == "action_required"


def test_an_app_merges_without_reviews_where_main_says_so_once_the_requests_own_checks_passed(
    github: StandIn, app: dict[str, Any]
) -> None:
    token = token_of(github, app)
    before = github.newest("checked")
    branch(github, "revert/app", "version: before\n", token)
    number = pull(github, "revert/app", token)["number"]
    checks = {"checks": [{"context": "pass", "app_id": 15368}]}
    github.call("PUT", "/branches/main/protection", {"required_status_checks": checks})
    try:
        with pytest.raises(AssertionError, match=r"405.*approving review"):
            github.call("PUT", f"/pulls/{number}/merge", {}, token)
        bypass = {"bypass_pull_request_allowances": {"users": [], "teams": [], "apps": ["shop-delivery"]}}
        rules = {"required_status_checks": checks, "required_pull_request_reviews": bypass}
        github.call("PUT", "/branches/main/protection", rules)
        commit = head(github, "revert/app")
        github.succeed("checked", before, 60)
        write(github, "revert/app", "more.txt", "pushed after the check", token)
        with pytest.raises(AssertionError, match=r"409.*Head branch was modified"):
            github.call("PUT", f"/pulls/{number}/merge", {"sha": commit}, token)
        with pytest.raises(AssertionError, match=r'405.*\\"pass\\" is expected'):
            github.call("PUT", f"/pulls/{number}/merge", {}, token)
        github.succeed("checked", github.newest("checked") - 1, 60)
        github.call("PUT", f"/pulls/{number}/merge", {}, token)
    finally:
        github.call("DELETE", "/branches/main/protection")


def test_a_dispatched_run_never_counts_as_a_requests_check(github: StandIn, app: dict[str, Any]) -> None:
    """GitHub's documentation: required checks look at the request's own runs; facts G1."""
    token = token_of(github, app)
    branch(github, "change/dispatched", "version: dispatched\n", "built-in-1")
    number = pull(github, "change/dispatched", "built-in-1")["number"]
    bypass = {"bypass_pull_request_allowances": {"apps": ["shop-delivery"]}}
    checks = {"checks": [{"context": "pass"}]}
    rules = {"required_status_checks": checks, "required_pull_request_reviews": bypass}
    github.call("PUT", "/branches/main/protection", rules)
    try:
        before = github.newest("opens")
        inputs = {"ref": "change/dispatched", "inputs": {"branch": "change/dispatched"}}
        github.call("POST", "/actions/workflows/opens.yml/dispatches", inputs)
        github.wait("opens", before, 60)
        with pytest.raises(AssertionError, match=r"405.*is expected"):
            github.call("PUT", f"/pulls/{number}/merge", {}, token)
    finally:
        github.call("DELETE", "/branches/main/protection")


def test_a_strangers_request_comes_from_a_fork_waits_and_gets_no_secret(github: StandIn) -> None:
    github.steer("settings", **{"known-secret:DELIVERY_TOKEN": "very-secret"})
    before = github.newest("checked")
    found = pull(github, "stranger:revert/one", STRANGER)
    assert found["head"]["repo"]["full_name"] == "stranger/purchase-intent"
    assert github.call("GET", "/pulls?state=open&head=example-org%3Arevert%2Fone") == []
    number = github.newest("checked")
    assert number > before
    assert conclusion(github, number) == "action_required"
    github.call("POST", f"/actions/runs/{number}/approve")
    github.succeed("checked", before, 60)
    assert "very-secret" not in github.log(number)
    assert "secret=[]" in github.log(number)
    github.steer("settings", **{"known-secret:DELIVERY_TOKEN": ""})
