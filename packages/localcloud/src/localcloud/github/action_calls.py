"""REST API calls for workflow runs and deployments."""

from localcloud.github.answers import Answer, Refused, Request, not_found
from localcloud.github.bare_repository import MAIN
from localcloud.github.records import Record
from localcloud.github.service import GitHub, call


@call("POST", "/actions/workflows/{workflow}/dispatches")
def dispatch(github: GitHub, request: Request, workflow: str) -> Answer:
    """Start a workflow with the event workflow_dispatch. Any token may do so."""
    branch = request.body.get("ref", MAIN).removeprefix("refs/heads/")
    commit = github.repository.require_head(branch)
    found = [one for one in github.workflows(commit) if one.name == workflow]
    if not found:
        raise not_found(f"workflow {workflow}")
    inputs = found[0].inputs(request.body.get("inputs") or {})
    payload = {"ref": f"refs/heads/{branch}", "inputs": inputs, **github.about()}
    github.runner.queue(workflow, "workflow_dispatch", branch, commit, payload)
    return Answer(204)


@call("GET", "/actions/workflows/{workflow}/runs")
def list_runs_of(github: GitHub, request: Request, workflow: str) -> Answer:
    """List the runs of a workflow, newest first."""
    return _listed(github, request, [run for run in github.records.all("run") if run["workflow"] == workflow])


@call("GET", "/actions/runs")
def list_runs(github: GitHub, request: Request) -> Answer:
    """List the runs of all workflows, newest first, filtered by the branch and event of the query."""
    wanted = {"head_branch": request.query.get("branch"), "event": request.query.get("event")}
    runs = [
        run
        for run in github.records.all("run")
        if all(value is None or run[name] == value for name, value in wanted.items())
    ]
    return _listed(github, request, runs)


@call("POST", "/actions/runs/{number}/cancel")
def cancel(github: GitHub, request: Request, number: str) -> Answer:
    """Cancel a run."""
    _run(github, number)
    github.runner.cancel(int(number))
    return Answer(202, {})


@call("POST", "/actions/runs/{number}/rerun")
def run_again(github: GitHub, request: Request, number: str) -> Answer:
    """Run a completed run again."""
    if _run(github, number)["status"] != "completed":
        raise Refused(403, "This workflow is already running")
    github.runner.run_again(int(number))
    return Answer(201, {})


@call("POST", "/actions/runs/{number}/approve")
def approve(github: GitHub, request: Request, number: str) -> Answer:
    """Approve a run of a pull request, as the button "Approve workflows to run" does."""
    if not github.identities.is_administrator(request.token):
        raise Refused(403, "Resource not accessible by integration")
    if _run(github, number)["conclusion"] != "action_required":
        raise Refused(403, "This run is not waiting for approval")
    github.runner.approve(int(number))
    return Answer(201, {})


@call("POST", "/deployments")
def make_deployment(github: GitHub, request: Request) -> Answer:
    """Create a deployment."""
    kept = github.records.add("deployment", {**request.body, "statuses": []})
    return Answer(201, {**kept, "id": kept["number"]})


@call("POST", "/deployments/{number}/statuses")
def set_state(github: GitHub, request: Request, number: str) -> Answer:
    """Create a status of a deployment."""
    found = github.records.get("deployment", int(number))
    if found is None:
        raise not_found(f"deployment {number}")
    github.records.change("deployment", int(number), statuses=[*found["statuses"], request.body])
    return Answer(201, request.body)


@call("GET", "/deployments")
def list_deployments(github: GitHub, request: Request) -> Answer:
    """List deployments, newest first."""
    return Answer(200, github.records.all("deployment"))


def _run(github: GitHub, number: str) -> Record:
    found = github.records.get("run", int(number))
    if found is None:
        raise not_found(f"run {number}")
    return found


def _listed(github: GitHub, request: Request, runs: list[Record]) -> Answer:
    shown = runs[: int(request.query.get("per_page", "30"))]
    listed = [
        {
            **run,
            "id": run["number"],
            "path": run["workflow"],
            "display_title": github.runner.title(run),
            "html_url": github.page("actions", "runs", run["number"]),
        }
        for run in shown
    ]
    return Answer(200, {"total_count": len(runs), "workflow_runs": listed})
