"""What beliefs about GitHub need in the repository: workflows that never run a job, an environment."""

from dataclasses import dataclass, field

from tests.conformance.github_target import MAIN, GitHubTarget

ASKED = "conformance-asked.yml"
PUSHED = "conformance-pushed.yml"
WORKFLOWS = {
    ASKED: """\
name: conformance-asked
on:
  workflow_dispatch:
    inputs:
      word: {type: string, required: true}
      kind: {type: choice, options: [one, two], default: one}
permissions: {}
jobs:
  never:
    if: ${{ false }}
    runs-on: ubuntu-latest
    steps:
      - run: "true"
""",
    PUSHED: """\
name: conformance-pushed
on:
  push:
    branches: [a-branch-that-does-not-exist]
permissions: {}
jobs:
  never:
    if: ${{ false }}
    runs-on: ubuntu-latest
    steps:
      - run: "true"
""",
}


@dataclass
class GitHubFixtures:
    """Things of the repository that are made when first asked for."""

    github: GitHubTarget
    _made: set[str] = field(default_factory=set)

    def workflows(self) -> str:
        """Commit the two workflows to main; returns the name of the one that is dispatched."""
        if "workflows" not in self._made:
            for name, text in WORKFLOWS.items():
                self._commit(f".github/workflows/{name}", text)
            self.github.eventually(lambda: self._knows(ASKED))
            self._made.add("workflows")
        return ASKED

    def environment(self) -> str:
        """Make an environment to which chosen branches deploy; returns its name."""
        name = self.github.name("environment")
        if name not in self._made:
            policy = {"protected_branches": False, "custom_branch_policies": True}
            self.github.done("PUT", f"/environments/{name}", {"deployment_branch_policy": policy})
            self.github.undo(f"environment {name}", "DELETE", f"/environments/{name}")
            self._made.add(name)
        return name

    def _knows(self, workflow: str) -> bool:
        return self.github.ask("GET", f"/actions/workflows/{workflow}/runs").status == 200

    def _commit(self, path: str, text: str) -> None:
        """Commit a file to main, over whatever is there."""
        found = self.github.ask("GET", f"/contents/{path}")
        members = {"sha": found.content["sha"]} if found.status == 200 else {}
        answer = self.github.write(MAIN, path, text, **members)
        if answer.status >= 300:
            raise AssertionError(f"{path}: expected a commit, found {answer.status} {answer.text}")
