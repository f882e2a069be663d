"""Client that starts workflows through GitHub's REST API."""

from dataclasses import dataclass

from .dispatch import Dispatch
from .rest import GitHubRefused, Rest


@dataclass(frozen=True)
class GitHub:
    """Workflows of one repository."""

    rest: Rest

    def start(self, dispatch: Dispatch, token: str) -> None:
        """Start a workflow on the main branch.

        GitHub responds with 204, or with 200 and the URL of the run. The request is not idempotent: after either
        response, sending it again starts a second run.

        Raises:
            GitHubRefused: if GitHub responds with another status or does not respond.

        Source: https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
        """
        repository = f"/repos/{self.rest.owner}/{self.rest.repository}"
        path = f"{repository}/actions/workflows/{dispatch.workflow}/dispatches"
        status, data = self.rest.send("POST", path, token, {"ref": "main", "inputs": dict(dispatch.inputs)})
        if status >= 300:
            message = data.decode("utf-8", errors="replace")[:300]
            raise GitHubRefused(f"{dispatch.workflow} was not started: GitHub answered {status}: {message}")
