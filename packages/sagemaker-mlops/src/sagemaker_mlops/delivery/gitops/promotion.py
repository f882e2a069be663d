"""Promotion of a registry decision to git: propose an approved version, withdraw or revert a rejected one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.github.client import starts_workflows
from sagemaker_mlops.delivery.github.repository import Pull, Repository
from sagemaker_mlops.delivery.gitops.decision import Decision, decide, rollback_version
from sagemaker_mlops.delivery.gitops.deployment_file import file_path, file_text, parse_file
from sagemaker_mlops.delivery.registry import NONE, ModelVersion, describe_version, list_versions
from sagemaker_mlops.delivery.target import Target

# The checks of such a pull request wait for approval. A workflow run that a command starts would not count as a check.
APPROVE_CHECKS = (
    "This request was opened with GitHub's built-in token, so its checks wait: somebody with write access must click "
    "**Approve workflows to run** below. With a GitHub App they start by themselves (FIRST-CONTACT.md, step 4)."
)
SHORT_NUMBER = re.compile(r"[1-9]\d*")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Situation:
    """State of one version in the registry, in git and on GitHub."""

    version: ModelVersion
    recorded_arn: str
    versions: Sequence[ModelVersion]
    proposal: Pull | None
    is_event: bool = True

    @property
    def decision(self) -> Decision:
        """The action to take."""
        return decide(self.version, self.recorded_arn, self.versions, self.proposal, is_event=self.is_event)


@dataclass(frozen=True)
class Promotion:
    """Promotion of versions from a registry to one environment, through pull requests."""

    registry: Target
    repository: Repository
    environment: str
    tell: Tell

    def look(self, arn: str, *, is_event: bool = True) -> Situation:
        """Return the current state of a version. Raise DeliveryError if the registry does not have it."""
        if arn.rsplit("/", 1)[0] != self._group:
            raise DeliveryError(f"expected a version of {self._group}, found {arn}. See: mlops versions")
        version = describe_version(self.registry, arn)
        proposals = self.repository.pulls(self.branch(version))
        newest = proposals[0] if proposals else None
        return Situation(version, self.recorded(), list_versions(self.registry), newest, is_event)

    def recorded(self) -> str:
        """Return the ARN that the deployment file on main records, or `none`."""
        file = self.repository.file(file_path(self.environment))
        return parse_file(file.text, self.environment) if file else NONE

    def branch(self, version: ModelVersion) -> str:
        """Return the name of the branch that proposes a version, by which its pull request is found again."""
        return f"{self._prefix}{version.number}"

    @property
    def _prefix(self) -> str:
        return f"promote/{self.environment}-version-"

    def open_proposals(self) -> dict[int, Pull]:
        """Return the open pull requests by the number of the version that they propose."""
        numbered = {pull.branch.removeprefix(self._prefix): pull for pull in self.repository.pulls(state="open")}
        return {int(number): pull for number, pull in numbered.items() if SHORT_NUMBER.fullmatch(number)}

    def propose(self, version: ModelVersion, body: str) -> Pull:
        """Open the pull request for a version, and close those for older versions as superseded."""
        title = f"Let {self.environment} serve version {version.number}"
        pull, _ = self._request(self.branch(version), version.arn, title, body)
        for number, older in self.open_proposals().items():
            if number < version.number:
                self.repository.supersede_pull(older, f"Version {version.number} is newer and approved: {pull.url}")
                self.tell(f"closed: {older.url}, for version {number}")
        return pull

    def withdraw(self, version: ModelVersion, pull: Pull) -> None:
        """Close the pull request for a version that was rejected."""
        self.repository.close_pull(pull, f"Version {version.number} was rejected in the registry.")

    def revert(self, situation: Situation) -> tuple[Pull, str]:
        """Revert a rejected version in git to the approved version that was served before it.

        Returns:
            The pull request, and the reason why it was not merged or an empty string.

        Raises:
            DeliveryError: No other approved version was released before.
        """
        version = situation.version
        before = rollback_version(version, situation.versions, self.environment)
        if before is None:
            raise DeliveryError(
                f"version {version.number} is rejected but goes on serving {self.environment}: no other approved "
                "version was served before. Approve another one: mlops approve ARN"
            )
        title = f"Take version {version.number} back: {self.environment} serves version {before.number} again"
        return self.take_back(f"revert/{self.environment}-version-{version.number}", before.arn, title, _why(version))

    def take_back(self, branch: str, arn: str, title: str, body: str, *, merge: bool = True) -> tuple[Pull, str]:
        """Open a pull request that records another version, and merge it if GitHub allows it.

        The token may have administrator rights, which bypass reviews. So the command merges only its own pull request,
        at the commit that it has just written or checked: main with that one file changed.

        Args:
            branch: Branch of the pull request.
            arn: ARN to record.
            title: Title of the pull request.
            body: Body of the pull request.
            merge: Try to merge it.

        Returns:
            The pull request, and the reason why it was not merged or an empty string.
        """
        pull, commit = self._request(branch, arn, title, body)
        if not merge:
            return pull, "it must be merged by a person"
        refusal = self.repository.merge(pull, commit)
        if not refusal:
            self.renew_proposals()
        if not refusal and not starts_workflows():
            self.repository.start_workflow("release.yml", {"environment": self.environment})
        return pull, refusal

    def renew_proposals(self) -> None:
        """Rebuild the branches of open pull requests on main, which would otherwise conflict in the recorded ARN."""
        path = file_path(self.environment)
        main = self.repository.file(path)
        for number, pull in self.open_proposals().items():
            base = self.repository.compare(pull.branch).merge_base
            if self.repository.file(path, base) == main:
                continue
            text = file_text(self.environment, f"{self._group}/{number}")
            self._put_branch(pull.branch, text, pull.title)
            what = f"What {self.environment} serves has changed since; the branch is renewed."
            self.repository.comment(pull.number, what)
            self.tell(f"renewed: {pull.url}")

    @property
    def _group(self) -> str:
        return self.registry.names.arn("sagemaker", f"model-package/{self.registry.names.model_package_group}")

    def _request(self, branch: str, arn: str, title: str, body: str) -> tuple[Pull, str]:
        """Write a branch and open its pull request, unless it is open. Return it and the newest commit."""
        for other in self.repository.close_requests_of_others(branch):
            self.tell(f"closed: {other.url} of {other.author}, since only the workflows may request {branch}")
        commit = self._put_branch(branch, file_text(self.environment, arn), title)
        waits = not starts_workflows()
        pull = self.repository.open_pull(branch, title, f"{body}\n\n{APPROVE_CHECKS}\n" if waits else body)
        if waits:
            self.tell(f'its checks wait until somebody clicks "Approve workflows to run": {pull.url}')
        return pull, commit

    def _put_branch(self, branch: str, text: str, message: str) -> str:
        return self.repository.put_branch(branch, file_path(self.environment), text, message)


def _why(version: ModelVersion) -> str:
    return (
        f"Version {version.number} was rejected in the registry after it had been released. Merging this lets the "
        f"version that served before serve again.\n\n`{version.arn}`"
    )
