"""What we believe about starting GitHub's workflows. Their only job is never run."""

from typing import Any

from tests.conformance.beliefs import belief
from tests.conformance.github_fixtures import PUSHED, GitHubFixtures
from tests.conformance.github_target import GitHubTarget
from tests.conformance.observations import Observe

REST = "https://docs.github.com/rest"
DISPATCH = f"{REST}/actions/workflows#create-a-workflow-dispatch-event"
CHECKS = "https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows"


def dispatch(github: GitHubTarget, workflow: str, inputs: dict[str, str], ref: str = "main") -> tuple[int, str]:
    """Start a workflow; returns status and text of the answer."""
    body: dict[str, Any] = {"ref": ref, "inputs": inputs}
    answer = github.ask("POST", f"/actions/workflows/{workflow}/dispatches", body)
    return answer.status, answer.text


@belief(DISPATCH, creates="two workflows, whose only job is never run")
def test_inputs(github: GitHubTarget, github_given: GitHubFixtures, observe: Observe) -> None:
    """A dispatch with a missing, an unknown or a wrong input is refused with 422 and the reason."""
    workflow = github_given.workflows()
    for what, inputs, reason in (
        ("missing", {}, "Required input 'word' not provided"),
        ("unknown", {"word": "a", "more": "b"}, "Unexpected inputs"),
        ("choice", {"word": "a", "kind": "three"}, "not in the list"),
    ):
        status, text = dispatch(github, workflow, inputs)
        observe(f"{what}: status", status, documented=422)
        observe(f"{what}: reason", reason in text, documented=True)


@belief(DISPATCH)
def test_a_workflow_that_is_not_dispatched(
    github: GitHubTarget, github_given: GitHubFixtures, observe: Observe
) -> None:
    """A workflow without the event workflow_dispatch is refused with 422, and one that does not exist with 404."""
    github_given.workflows()
    status, text = dispatch(github, PUSHED, {})
    observe("status", status, documented=422)
    observe("reason", "does not have 'workflow_dispatch' trigger" in text, documented=True)
    observe("none", dispatch(github, "none.yml", {})[0], documented=404)


@belief(CHECKS)
def test_a_dispatched_run_is_none_of_a_request(
    github: GitHubTarget, github_given: GitHubFixtures, observe: Observe
) -> None:
    """A run that was dispatched for a request's branch is no run of the request: its event is workflow_dispatch."""
    workflow = github_given.workflows()
    branch = github.pull("dispatched")["head"]["ref"]
    status, _ = dispatch(github, workflow, {"word": "a"}, branch)
    observe("accepted", 200 <= status < 300, documented=True)
    runs = f"/actions/runs?branch={branch}"
    found = github.eventually(lambda: github.done("GET", f"{runs}&event=workflow_dispatch")["workflow_runs"])
    observe("dispatched", [run["event"] for run in found], documented=["workflow_dispatch"])
    observe("of the request", github.done("GET", f"{runs}&event=pull_request")["total_count"], documented=0)
