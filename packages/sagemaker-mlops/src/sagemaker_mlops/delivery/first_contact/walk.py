"""Walk along the whole path: the repository and every environment, with the credentials that there are."""

from collections.abc import Iterator
from dataclasses import dataclass

from sagemaker_mlops.delivery.doctor import Finding, findings_of_account, findings_of_environment
from sagemaker_mlops.delivery.first_contact.aws_facts import facts_of_all
from sagemaker_mlops.delivery.first_contact.facts import Facts
from sagemaker_mlops.delivery.first_contact.github_facts import github_facts
from sagemaker_mlops.delivery.first_contact.next_step import Progress, next_line, progress
from sagemaker_mlops.delivery.github.app import AppKey
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.environments.settings import Settings


@dataclass(frozen=True)
class Walk:
    """How far the project is, and what would stop it on the way: quotas, providers, Model Monitor."""

    progress: list[Progress]
    findings: list[Finding]

    @property
    def next_line(self) -> str:
        """Return the line that names the next step."""
        return next_line(self.progress)


def walk(settings: Settings, key: AppKey | None = None) -> Walk:
    """Look at every step; changes nothing, and needs neither credentials, token nor an App's key."""
    seen = facts_of_all([target_of(name, settings) for name in settings.environments])
    facts = Facts(settings.project, github_facts(settings, key), tuple(one.facts for one in seen))
    usable = [one.target for one in seen if one.target]
    return Walk(progress(facts), [found for found in _findings(usable) if found.verdict != "ok"])


def _findings(targets: list[Target]) -> Iterator[Finding]:
    """Yield what was found in each environment, and once in each account."""
    accounts: set[str] = set()
    for target in targets:
        yield from findings_of_environment(target)
        if target.environment.account not in accounts:
            accounts.add(target.environment.account)
            yield from findings_of_account(target)
