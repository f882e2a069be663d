"""Look at everything that a deployment needs; one line each, with the command that mends it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_mlops.delivery.quotas import increase_command, needs_of_account, quotas
from sagemaker_mlops.delivery.stacks.model_monitor_access import CLOSED_ON, CLOSURE_PAGE, switch_command, was_refused
from sagemaker_mlops.delivery.stacks.state import (
    OLDEST_BOOTSTRAP,
    RECOVERY_COMMANDS,
    bootstrap_version,
    capabilities,
    find_stack,
)
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.operations import load_operations
from sagemaker_mlops.events.notify.installation_token import App
from sagemaker_mlops.events.notify.rest import GitHubRefused
from sagemaker_mlops.events.notify.secret import parse_secret

ISSUER = "token.actions.githubusercontent.com"
# After a rolled-back update a stack works as before.
USABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


Verdict = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One line: how it is, what was looked at, and the command that mends it."""

    verdict: Verdict
    subject: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        mend = f". Fix: {self.mend}" if self.mend else ""
        return f"{self.verdict:<8} {self.subject:<14} {self.text}{mend}"


Check = Callable[[Target], Iterator[Finding]]


def examine(target: Target) -> Iterator[Finding]:
    """Every finding about an environment; after the first about credentials nothing else can be looked at."""
    findings = list(_credentials(target))
    yield from findings
    if any(finding.verdict == "error" for finding in findings):
        return
    yield from _checked(
        target,
        ("bootstrap", _bootstrap),
        ("stacks", _stacks),
        ("OIDC provider", _oidc_provider),
        ("quota", _quota),
        ("GitHub ids", _github_ids),
        ("GitHub token", _github_token),
        ("Model Monitor", _model_monitor),
    )


def findings_of_environment(target: Target) -> Iterator[Finding]:
    """Yield what the steps of FIRST-CONTACT.md do not show of an environment."""
    yield from _checked(target, ("OIDC provider", _due_oidc_provider), ("Model Monitor", _model_monitor))


def findings_of_account(target: Target) -> Iterator[Finding]:
    """Yield what the steps of FIRST-CONTACT.md do not show of an account, which environments may share."""
    yield from _checked(target, ("quota", _quota))


def _checked(target: Target, *checks: tuple[str, Check]) -> Iterator[Finding]:
    for subject, check in checks:
        try:
            yield from check(target)
        except (ClientError, BotoCoreError) as error:
            yield Finding("warning", subject, f"could not be looked at: {str(error).rstrip(': ')}")


def _credentials(target: Target) -> Iterator[Finding]:
    account, region = target.environment.account, target.environment.region
    try:
        identity = target.client("sts").get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        mend = 'aws sso login, or on the laptop: mlops local up, then eval "$(mlops local env)"'
        yield Finding("error", "credentials", f"they cannot be used: {error}", mend)
        return
    if identity["Account"] != account:
        text = f"they are of account {identity['Account']}, but {target.name} is account {account}"
        yield Finding("error", "credentials", text, f"use credentials of {account}, or change environments.yaml")
        return
    yield Finding("ok", "credentials", f"{identity['Arn']} in account {account}, region {region}")


def _bootstrap(target: Target) -> Iterator[Finding]:
    mend, version = f"mlops bootstrap -e {target.name}", bootstrap_version(target)
    if version is None:
        yield Finding("error", "bootstrap", "the account is not bootstrapped for CDK in this region", mend)
    elif version < OLDEST_BOOTSTRAP:
        text = f"version {version} is too old, {OLDEST_BOOTSTRAP} or newer is needed"
        yield Finding("error", "bootstrap", text, mend)
    else:
        yield Finding("ok", "bootstrap", f"version {version}")


def _stacks(target: Target) -> Iterator[Finding]:
    for capability in capabilities(target):
        stack, name = find_stack(target, capability), target.names.stack(capability)
        if stack is None:
            yield Finding("warning", "stack", f"{name} is not deployed", f"mlops deploy -e {target.name}")
        elif stack["StackStatus"] in RECOVERY_COMMANDS:
            mend = RECOVERY_COMMANDS[stack["StackStatus"]].format(stack=name, environment=target.name)
            yield Finding("error", "stack", f"{name} is {stack['StackStatus']}", mend)
        elif stack["StackStatus"] in USABLE:
            yield Finding("ok", "stack", f"{name} is {stack['StackStatus']}")
        elif stack["StackStatus"].endswith("_IN_PROGRESS"):
            yield Finding("warning", "stack", f"{name} is {stack['StackStatus']}: it is being changed")
        else:
            text = f"{name} is {stack['StackStatus']}: its first deployment failed"
            yield Finding("error", "stack", text, f"mlops deploy -e {target.name}")


def _oidc_provider(target: Target) -> Iterator[Finding]:
    providers = target.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    present = any(provider["Arn"].endswith(f"/{ISSUER}") for provider in providers)
    first = target.settings.is_first_of_its_account(target.name)
    created = target.settings.github.oidc_provider == "create" and first
    deployed = find_stack(target, "foundation") is not None
    if present and created and not deployed:
        text = "the account has GitHub's provider already, and a second one cannot be made"
        yield Finding("error", "OIDC provider", text, "set github.oidc_provider: existing in environments.yaml")
    elif not present and (deployed or not created):
        text = "the account has none for GitHub, so no workflow can use it"
        mend = f"mlops deploy -e {target.name}"
        if not created:
            mend = "set github.oidc_provider: create" if first else "deploy the first environment of this account"
        yield Finding("error", "OIDC provider", text, mend)
    else:
        yield Finding("ok", "OIDC provider", "there" if present else "will be made by the foundation stack")


def _due_oidc_provider(target: Target) -> Iterator[Finding]:
    """Look at the provider once it must be there; the deployment of the account's first environment makes it."""
    if target.settings.is_first_of_its_account(target.name) or find_stack(target, "foundation"):
        yield from _oidc_provider(target)


def _quota(target: Target) -> Iterator[Finding]:
    """Compare the quotas with what every environment of the account needs at once."""
    wanted = needs_of_account(target.settings, target.environment.account, load_operations().rollout)
    found = quotas(target) if wanted else {}
    for need in wanted:
        quota = found.get(need.quota)
        if quota is None:
            yield Finding("warning", "quota", f"no quota is called {need.quota!r}")
            continue
        text = f"{need.quota}: {quota.value:g}; {need.instances} needed for {need.purpose}"
        if quota.value >= need.instances:
            yield Finding("ok", "quota", text)
        else:
            verdict: Verdict = "warning" if need.is_optional else "error"
            yield Finding(verdict, "quota", text, increase_command(quota, need.instances))


def _github_ids(target: Target) -> Iterator[Finding]:
    """Repositories created since July 2026 present their ids to AWS, and roles without them turn every job away."""
    github = target.settings.github
    if github.owner_id is None:
        text = "the environments file has no ids of the repository, so AWS refuses the jobs of a new repository"
        mend = f"GITHUB_TOKEN=... mlops github ids --apply, then mlops deploy -e {target.name}"
        yield Finding("error", "GitHub ids", text, mend)
        return
    yield Finding(
        "ok", "GitHub ids", f"roles trust {github.subject_prefix}; mlops github setup compares it with GitHub"
    )


def _github_token(target: Target) -> Iterator[Finding]:
    secrets, name = target.client("secretsmanager"), target.names.github_secret
    mend = f"mlops github notify-app -e {target.name} (with a token: mlops github notify-token -e {target.name})"
    try:
        value = secrets.get_secret_value(SecretId=name)["SecretString"]
    except secrets.exceptions.ResourceNotFoundException:
        yield Finding("warning", "GitHub token", f"the secret {name} is not there", f"mlops deploy -e {target.name}")
        return
    try:
        found = parse_secret(value, name)
    except GitHubRefused as error:
        yield Finding("warning", "GitHub token", f"{error}; approvals and alarms start no workflow", mend)
        return
    yield Finding("ok", "GitHub token", f"the secret {name} holds {'an App' if isinstance(found, App) else 'a token'}")


def _model_monitor(target: Target) -> Iterator[Finding]:
    if not target.environment.monitored:
        return
    if target.settings.monitoring_runtime == "scheduled_pipeline":
        yield Finding("ok", "Model Monitor", "not used: monitoring_runtime is scheduled_pipeline")
        return
    mend = switch_command(target.name)
    if target.client("sagemaker").list_monitoring_schedules(MaxResults=1)["MonitoringScheduleSummaries"]:
        yield Finding("ok", "Model Monitor", "this account has monitoring schedules already")
    elif find_stack(target, "monitoring") and was_refused(_events(target, "monitoring")):
        text = f"AWS refused this account: Model Monitor is closed to new customers since {CLOSED_ON}"
        yield Finding("error", "Model Monitor", text, mend)
    else:
        text = (
            f"AWS closed it to new customers on {CLOSED_ON} ({CLOSURE_PAGE}); unless this account used it before, the "
            "first release cannot switch the monitors on"
        )
        yield Finding("warning", "Model Monitor", text, mend)


def _events(target: Target, capability: str) -> list[Mapping[str, Any]]:
    """Newest events of a stack, up to a page."""
    client, name = target.client("cloudformation"), target.names.stack(capability)
    events: list[Mapping[str, Any]] = client.describe_stack_events(StackName=name)["StackEvents"]
    return events
