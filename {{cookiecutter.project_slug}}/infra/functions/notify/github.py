"""Start a workflow through GitHub's REST API."""

import json
from dataclasses import dataclass

import urllib3

from .dispatch import Dispatch

TIMEOUT_SECONDS = 10.0
# Short retries here; longer ones are Lambda's, and the dead-letter queue is the end of them.
RETRIES = urllib3.Retry(
    total=3,
    backoff_factor=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("POST",),
    raise_on_status=False,
)


class GitHubRefused(Exception):
    """GitHub did not start the workflow; the message says why, without the token."""


@dataclass(frozen=True)
class GitHub:
    """One repository."""

    api_url: str
    owner: str
    repository: str
    retries: urllib3.Retry = RETRIES

    def start(self, dispatch: Dispatch, token: str) -> None:
        """Start a workflow on main; raises GitHubRefused.

        Source: https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event
        """
        path = f"/repos/{self.owner}/{self.repository}/actions/workflows/{dispatch.workflow}/dispatches"
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": f"{self.repository}-notify",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        body = json.dumps({"ref": "main", "inputs": dict(dispatch.inputs)}).encode()
        try:
            answer = urllib3.PoolManager().request(
                "POST", self.api_url + path, body=body, headers=headers, timeout=TIMEOUT_SECONDS, retries=self.retries
            )
        except urllib3.exceptions.HTTPError as error:
            raise GitHubRefused(f"{self.api_url} did not answer: {error}") from error
        if answer.status != 204:
            message = answer.data.decode("utf-8", errors="replace")[:300]
            raise GitHubRefused(f"{dispatch.workflow} was not started: GitHub answered {answer.status}: {message}")
