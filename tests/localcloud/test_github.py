"""The stand-in for GitHub: a repository, its calls, and real workflows run by act."""

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.laptop.github_stand_in import PERSON, StandIn
from tests.localcloud.conftest import LocalCloud, StartCloud, run_cli
from tests.localcloud.pushed_workflows import push_workflows
from tests.localcloud.waiting import wait_until

FILE = "record.yaml"
PUSHED = """\
name: pushed
on:
  push:
    branches: [main]
    paths-ignore: ["ignored/**"]
permissions: {}
jobs:
  hello:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - run: echo "at $(git rev-parse HEAD) for ${{ github.repository }}"
"""
ASKED = """\
name: asked
on:
  workflow_dispatch:
    inputs:
      word: {type: string, required: true}
      kind: {type: choice, options: [one, two], default: one}
permissions: {}
jobs:
  say:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ inputs.word }}, ${{ inputs.kind }}, ${{ vars.PLACE }}"; test "${{ inputs.word }}" != bad
"""
SLOW = """\
name: slow
on: {workflow_dispatch: {}}
permissions: {}
concurrency: {group: slow}
jobs:
  sleep:
    runs-on: ubuntu-24.04
    steps:
      - run: sleep 30
"""
QUEUED = """\
name: queued
on: {workflow_dispatch: {}}
permissions: {}
concurrency:
  group: queued
  queue: max
jobs:
  look:
    runs-on: ubuntu-24.04
    concurrency: {group: inner, queue: max}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
      - run: echo "changed=[$(git status --porcelain)]"
"""
CHECKED = """\
name: checked
on: {pull_request: {}}
permissions: {}
jobs:
  look:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "request ${{ github.event.pull_request.number }} by ${{ github.actor }}"
      - run: echo "secret=[${{ secrets.DELIVERY_TOKEN }}]"
"""


@pytest.fixture(scope="module")
def cloud(start_cloud: StartCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalCloud:
    """A localcloud of these tests' own, to kill."""
    return start_cloud(tmp_path_factory.mktemp("github-cloud"))


@pytest.fixture(scope="module")
def github(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    """A repository with a few workflows, pushed as a person does."""
    stand_in = StandIn(f"{cloud.running.url}/_github", cloud.instance.directory)
    stand_in.runs()  # from now on it knows its name
    folder = tmp_path_factory.mktemp("work")
    (folder / FILE).write_text("version: 1\n")
    workflows = {"pushed": PUSHED, "asked": ASKED, "slow": SLOW, "queued": QUEUED, "checked": CHECKED}
    said = push_workflows(cloud.instance.directory, folder, workflows)
    assert "workflows: pushed.yml" in said
    stand_in.succeed("pushed", 0, 30)
    return stand_in


def head(github: StandIn, branch: str = "main") -> str:
    return str(github.call("GET", f"/git/ref/heads/{branch}")["object"]["sha"])


def branch(github: StandIn, name: str, text: str, token: str = PERSON) -> None:
    """A branch of main with another content of the file."""
    github.call("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": head(github)}, token)
    write(github, name, FILE, text, token)


def write(github: StandIn, name: str, path: str, text: str, token: str = PERSON) -> None:
    found = github.call("GET", f"/contents/{FILE}?ref={name}") if path == FILE else {}
    body = {"message": f"Change {path}", "content": base64.b64encode(text.encode()).decode(), "branch": name}
    github.call("PUT", f"/contents/{path}", body | ({"sha": found["sha"]} if found else {}), token)


def pull(github: StandIn, name: str, token: str = PERSON) -> dict[str, Any]:
    body = {"title": f"Merge {name}", "head": name, "base": "main", "body": "why"}
    found: dict[str, Any] = github.call("POST", "/pulls", body, token)
    return found


def test_an_empty_repository_says_so_and_a_secret_is_shown_without_its_value(
    start_cloud: StartCloud, tmp_path: Path
) -> None:
    """Sources: https://docs.github.com/rest/git/refs#get-a-reference (409), rest/actions/secrets (get a secret)."""
    cloud = start_cloud(tmp_path)
    empty = StandIn(f"{cloud.running.url}/_github", cloud.instance.directory)
    with pytest.raises(AssertionError, match=r"409 .*Git Repository is empty"):
        empty.call("GET", "/git/ref/heads/main")
    with pytest.raises(AssertionError, match="404"):
        empty.call("GET", "/environments/delivery/secrets/KEY")
    sealed = {"encrypted_value": base64.b64encode(b"sealed").decode(), "key_id": "1"}
    empty.call("PUT", "/environments/delivery/secrets/KEY", sealed)
    found = empty.call("GET", "/environments/delivery/secrets/KEY")
    assert sorted(found) == ["created_at", "name", "updated_at"]
    assert "key" in empty.call("GET", "/environments/delivery/secrets/public-key")


def test_a_push_runs_the_workflow_on_what_was_pushed(github: StandIn) -> None:
    log = github.log(github.runs("pushed")[-1]["id"])
    assert f"at {github.runs('pushed')[-1]['head_sha']}" in log
    assert "for example-org/purchase-intent" in log


def test_paths_that_are_ignored_start_nothing_and_neither_does_a_workflows_own_token(github: StandIn) -> None:
    before = github.newest("pushed")
    write(github, "main", "ignored/one.txt", "x")
    write(github, "main", "other.txt", "x", "built-in-1")
    assert github.newest("pushed") == before
    write(github, "main", "third.txt", "x")
    github.succeed("pushed", before, 30)


def test_a_push_without_changed_files_starts_no_workflow_that_filters_paths(github: StandIn, tmp_path: Path) -> None:
    """Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax (Git diff)."""
    before = github.newest("pushed")
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com")
    subprocess.run([*git, "clone", "--quiet", str(github.directory / "github.git"), str(tmp_path)], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "Nothing"], cwd=tmp_path, check=True)
    pushed = subprocess.run([*git, "push", "origin", "main"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "pushed.yml" not in pushed.stderr
    assert github.newest("pushed") == before


def test_a_dispatch_has_inputs_defaults_and_variables(github: StandIn) -> None:
    github.call("POST", "/actions/variables", {"name": "PLACE", "value": "here"})
    before = github.newest("asked")
    github.call("POST", "/actions/workflows/asked.yml/dispatches", {"ref": "main", "inputs": {"word": "good"}})
    run = github.succeed("asked", before, 30)
    assert "good, one, here" in github.log(run["id"])
    github.call("POST", "/actions/workflows/asked.yml/dispatches", {"ref": "main", "inputs": {"word": "bad"}})
    assert github.wait("asked", run["id"], 30)["conclusion"] == "failure"


@pytest.mark.parametrize(
    ("workflow", "inputs", "refusal"),
    [
        ("asked", {}, "422.*Required input 'word' not provided"),
        ("asked", {"word": "a", "more": "b"}, "422.*Unexpected inputs"),
        ("asked", {"word": "a", "kind": "three"}, "422.*not in the list"),
        ("pushed", {}, "422.*does not have 'workflow_dispatch'"),
        ("none", {}, "404"),
    ],
)
def test_a_dispatch_that_github_refuses_is_refused(
    github: StandIn, workflow: str, inputs: dict[str, str], refusal: str
) -> None:
    with pytest.raises(AssertionError, match=refusal):
        github.call("POST", f"/actions/workflows/{workflow}.yml/dispatches", {"ref": "main", "inputs": inputs})


def test_a_request_is_checked_and_merged_and_the_merge_is_a_push(github: StandIn) -> None:
    branch(github, "change/one", "version: 2\n")
    found = pull(github, "change/one")
    github.succeed("checked", 0, 30)
    assert f"request {found['number']}" in github.log(github.newest("checked"))
    with pytest.raises(AssertionError, match=r"422.*already exists"):
        pull(github, "change/one")
    before = github.newest("pushed")
    github.merge(found["number"])
    assert github.file(FILE) == "version: 2\n"
    github.succeed("pushed", before, 30)
    with pytest.raises(AssertionError, match="405"):
        github.merge(found["number"])


def test_a_person_merges_on_the_command_line(cloud: LocalCloud, github: StandIn) -> None:
    branch(github, "change/person", "version: 2b\n")
    number = pull(github, "change/person")["number"]
    merged = run_cli("github", "--merge", str(number), state=cloud.instance.directory)
    assert merged.returncode == 0, merged.stderr
    assert github.file(FILE) == "version: 2b\n"
    again = run_cli("github", "--merge", str(number), state=cloud.instance.directory)
    assert (again.returncode, again.stderr) == (1, "not merged: Pull Request is not mergeable\n")
    assert "pushed.yml" in run_cli("github", state=cloud.instance.directory).stdout


def test_a_request_of_a_workflows_own_token_must_be_allowed_and_its_run_waits_for_a_person(github: StandIn) -> None:
    branch(github, "change/quiet", "version: 3\n", "built-in-1")
    pushed = github.newest("pushed")
    with pytest.raises(AssertionError, match=r"403.*not permitted to create"):
        pull(github, "change/quiet", "built-in-1")
    github.call("PUT", "/actions/permissions/workflow", {"can_approve_pull_request_reviews": True})
    found = pull(github, "change/quiet", "built-in-1")
    number = github.newest("checked")
    assert conclusion(github, number) == "action_required"
    with pytest.raises(AssertionError, match="403"):
        github.call("POST", f"/actions/runs/{number}/approve", {}, "built-in-1")
    github.call("POST", f"/actions/runs/{number}/approve")
    assert github.wait("checked", number - 1, 30)["conclusion"] == "success"
    assert f"request {found['number']} by " in github.log(number)
    github.call("PUT", f"/pulls/{found['number']}/merge", {}, "built-in-1")
    assert github.file(FILE) == "version: 3\n"
    assert github.newest("pushed") == pushed, "what the built-in token does is no push"


def test_what_both_changed_cannot_be_merged(github: StandIn) -> None:
    branch(github, "change/left", "version: left\n")
    branch(github, "change/right", "version: right\n")
    left, right = pull(github, "change/left"), pull(github, "change/right")
    github.merge(left["number"])
    with pytest.raises(AssertionError, match=r"405.*not mergeable"):
        github.merge(right["number"])


def test_a_branch_is_compared_with_what_main_has_since(github: StandIn) -> None:
    before, text = head(github), github.file(FILE)
    branch(github, "change/compared", "version: compared\n")
    assert github.call("GET", f"/compare/{before}...main")["status"] == "identical"
    write(github, "main", "compared.txt", "something else")
    later = github.call("GET", f"/compare/{before}...main")
    assert (later["status"], later["files"]) == ("ahead", [{"filename": "compared.txt"}])
    parted = github.call("GET", "/compare/change%2Fcompared...main")
    assert (parted["status"], parted["merge_base_commit"]["sha"]) == ("diverged", before)
    found = github.call("GET", f"/contents/{FILE}?ref={before}")
    assert base64.b64decode(found["content"]).decode() == text
    with pytest.raises(AssertionError, match="404"):
        github.call("GET", "/compare/nobody...main")


def test_a_request_without_a_change_is_refused(github: StandIn) -> None:
    github.call("POST", "/git/refs", {"ref": "refs/heads/change/same", "sha": head(github)})
    with pytest.raises(AssertionError, match=r"422.*No commits between"):
        pull(github, "change/same")


def test_a_file_that_somebody_else_changed_is_not_overwritten(github: StandIn) -> None:
    with pytest.raises(AssertionError, match="409"):
        github.call("PUT", f"/contents/{FILE}", {"message": "x", "content": "", "branch": "main", "sha": "0" * 40})


def test_a_protected_main_keeps_workflows_out(github: StandIn) -> None:
    branch(github, "change/protected", "version: 4\n")
    found = pull(github, "change/protected")
    github.call("PUT", "/branches/main/protection", {"enforce_admins": False})
    try:
        with pytest.raises(AssertionError, match=r"405.*approving review"):
            github.call("PUT", f"/pulls/{found['number']}/merge", {}, "built-in-1")
        with pytest.raises(AssertionError, match="409"):
            write(github, "main", "fourth.txt", "x", "built-in-1")
        github.merge(found["number"])
    finally:
        github.call("DELETE", "/branches/main/protection")


def test_of_runs_that_wait_in_a_group_the_newest_stays_and_a_cancelled_one_can_run_again(github: StandIn) -> None:
    start = ("POST", "/actions/workflows/slow.yml/dispatches", {"ref": "main"})
    github.call(*start)
    first = github.newest("slow")
    wait_until(lambda: state(github, first) == "in_progress")
    for _ in range(2):
        github.call(*start)
    newest, middle, oldest = github.runs("slow")
    assert (middle["conclusion"], newest["status"], oldest["status"]) == ("cancelled", "queued", "in_progress")
    github.call("POST", f"/actions/runs/{oldest['id']}/cancel")
    wait_until(lambda: state(github, newest["id"]) == "in_progress")
    github.call("POST", f"/actions/runs/{newest['id']}/cancel")
    wait_until(lambda: all(run["status"] == "completed" for run in github.runs("slow")))
    github.call("POST", f"/actions/runs/{newest['id']}/rerun")
    wait_until(lambda: state(github, newest["id"]) == "in_progress")
    github.cancel_all("slow")


def state(github: StandIn, number: int) -> str:
    return next(str(run["status"]) for run in github.runs() if run["id"] == number)


def conclusion(github: StandIn, number: int) -> str | None:
    found: str | None = next(run["conclusion"] for run in github.runs() if run["id"] == number)
    return found


def test_in_a_group_with_a_queue_every_run_waits_for_its_turn(github: StandIn) -> None:
    """act refuses the key, so that the workflow runs at all shows that the runner leaves it out."""
    before = github.newest("queued")
    for _ in range(4):
        github.call("POST", "/actions/workflows/queued.yml/dispatches", {"ref": "main"})
    github.succeed("queued", before, 60)
    assert [run["conclusion"] for run in github.runs("queued")] == ["success"] * 4
    assert "changed=[]" in github.log(github.newest("queued")), "a job finds the commit as it is"


def test_faults_are_answered_as_often_as_wanted(github: StandIn) -> None:
    github.steer("fault", status=503, requests=1, only="/issues")
    with pytest.raises(AssertionError, match="503"):
        github.call("GET", "/issues")
    assert not [one for one in github.call("GET", "/issues") if "pull_request" not in one]


def test_a_token_that_has_expired_is_refused(github: StandIn) -> None:
    github.steer("settings", **{"refused-tokens": ["old"]})
    with pytest.raises(AssertionError, match=r"401.*Bad credentials"):
        github.call("GET", "/issues", token="old")


def test_what_it_lacks_it_says(github: StandIn) -> None:
    with pytest.raises(AssertionError, match=r"501.*localcloud does not implement GET /milestones of GitHub"):
        github.call("GET", "/milestones")


def test_everything_is_there_after_a_restart_and_a_run_that_was_lost_is_cancelled(
    cloud: LocalCloud, github: StandIn
) -> None:
    github.call("POST", "/actions/workflows/slow.yml/dispatches", {"ref": "main"})
    number = github.newest("slow")
    wait_until(lambda: state(github, number) == "in_progress")
    issue = github.call("POST", "/issues", {"title": "one", "body": "text"})
    cloud.restart(kill=True)
    assert state(github, number) == "completed"
    assert github.call("GET", "/issues")[0]["number"] == issue["number"]
    assert github.file(FILE).startswith("version:")
