"""localcloud's stand-in for GitHub, as a person and a test see it."""

import base64
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PERSON = "token-of-a-person"


@dataclass(frozen=True)
class StandIn:
    """One repository on the stand-in."""

    url: str
    directory: Path
    name: str = "example-org/purchase-intent"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, token: str = PERSON) -> Any:
        """A call of GitHub's API, as a person makes it."""
        return self._send(method, f"/repos/{self.name}{path}", body, token)

    def steer(self, what: str, **content: Any) -> Any:
        """Let something go wrong, or set what GitHub has no call for."""
        return self._send("POST", f"/_local/{what}", content, "")

    def _send(self, method: str, path: str, body: dict[str, Any] | None, token: str) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(self.url + path, data=content, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None
        return json.loads(text) if text else None

    def runs(self, workflow: str = "") -> list[dict[str, Any]]:
        """Runs, newest first: of one workflow, or of all of them."""
        path = f"/actions/workflows/{workflow}.yml/runs" if workflow else "/actions/runs"
        found: list[dict[str, Any]] = self.call("GET", f"{path}?per_page=100")["workflow_runs"]
        return found

    def newest(self, workflow: str) -> int:
        """Number of the newest run of a workflow; 0 before the first."""
        return max((run["id"] for run in self.runs(workflow)), default=0)

    def wait(self, workflow: str, after: int, seconds: float, about: str = "") -> dict[str, Any]:
        """The newest run of a workflow once every run of it later than one has ended; `about`: what its inputs say."""
        deadline = time.monotonic() + seconds
        while True:
            found = [run for run in self.runs(workflow) if about in str(run["payload"].get("inputs"))]
            later = [run for run in found if run["id"] > after]
            if later and all(run["status"] == "completed" for run in later):
                return later[0]
            assert time.monotonic() < deadline, f"{workflow} did not end in {seconds:.0f} s\n{self.logs()}"
            time.sleep(0.5)

    def succeed(self, workflow: str, after: int, seconds: float = 240, about: str = "") -> dict[str, Any]:
        """The newest run of a workflow, which must have succeeded."""
        run = self.wait(workflow, after, seconds, about)
        assert run["conclusion"] == "success", self.log(run["id"])[-6000:]
        return run

    def cancel_all(self, workflow: str) -> None:
        """Cancel runs of a workflow that wait or run."""
        for run in self.runs(workflow):
            if run["status"] != "completed":
                self.call("POST", f"/actions/runs/{run['id']}/cancel")

    def log(self, number: int) -> str:
        """What a run wrote."""
        path = self.directory / "logs" / f"workflow-{number}.log"
        return path.read_text(encoding="utf-8") if path.exists() else "no log yet"

    def logs(self) -> str:
        """The last words of the newest runs."""
        return "\n".join(f"{run['workflow']} {run['status']}\n{self.log(run['id'])[-1500:]}" for run in self.runs()[:3])

    def pulls(self, state: str = "open") -> list[dict[str, Any]]:
        """Pull requests, newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"/pulls?state={state}&per_page=100")
        return found

    def merge(self, number: int) -> None:
        """Merge a pull request."""
        self.call("PUT", f"/pulls/{number}/merge", {})

    def file(self, path: str) -> str:
        """A file of main."""
        return base64.b64decode(self.call("GET", f"/contents/{path}")["content"]).decode()
