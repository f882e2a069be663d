"""Look at the steps of the path in an environment's account, with whatever credentials there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from sagemaker_mlops.delivery.first_contact.facts import EnvironmentFacts, Fact
from sagemaker_mlops.delivery.first_contact.steps import Name, profile_name
from sagemaker_mlops.delivery.gitops.decision import TESTED_IN
from sagemaker_mlops.delivery.releases.serving_state import describe_endpoint
from sagemaker_mlops.delivery.stacks.state import (
    OLDEST_BOOTSTRAP,
    bootstrap_version,
    capabilities,
    deployed_template,
    find_stack,
)
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.names import DATA_PREFIX
from sagemaker_mlops.events.notify.installation_token import App
from sagemaker_mlops.events.notify.rest import GitHubRefused
from sagemaker_mlops.events.notify.secret import parse_secret

WORKS = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS")
NO_CREDENTIALS = Fact("cannot see", "there are no credentials of its account")
Check = Callable[[Target], Fact]


@dataclass(frozen=True)
class SeenEnvironment:
    """An environment with the target whose credentials work; None if there are none."""

    target: Target | None
    facts: EnvironmentFacts


def facts_of_all(targets: Sequence[Target]) -> list[SeenEnvironment]:
    """Look at every environment. With credentials of one account, those of the others are not missing, but unseen."""
    found = [facts_of(target) for target in targets]
    if not any(seen.target for seen in found):
        return found
    return [seen if seen.target else replace(seen, facts=_unseen(seen.facts)) for seen in found]


def _unseen(facts: EnvironmentFacts) -> EnvironmentFacts:
    fact = Fact("cannot see", facts.facts["credentials"].text)
    return replace(facts, facts={**facts.facts, "credentials": fact})


def facts_of(target: Target) -> SeenEnvironment:
    """Look at one environment: with the shell's credentials, else with the profile of FIRST-CONTACT.md."""
    usable, credentials = _credentials(target)
    facts: dict[Name, Fact] = {"credentials": credentials}
    for name, check in _checks(target).items():
        facts[name] = NO_CREDENTIALS if usable is None else _checked(check, usable)
    return SeenEnvironment(usable, EnvironmentFacts(target.name, usable.profile if usable else "", facts))


def _checks(target: Target) -> dict[Name, Check]:
    """Return the steps that an environment has: staging gets no events, and only production has a first release."""
    found: dict[Name, Check] = {"bootstrap": _bootstrap, "deploy": _deployment}
    if target.environment.trains:
        found |= {"data": _data, "version": _version}
    if target.name != TESTED_IN:
        found["notify"] = _notify
    if target.environment.serves and target.name != TESTED_IN:
        found["release"] = _release
    return found


def _checked(check: Check, target: Target) -> Fact:
    try:
        return check(target)
    except (ClientError, BotoCoreError) as error:
        return Fact("cannot see", str(error).rstrip(": "))


def _credentials(target: Target) -> tuple[Target | None, Fact]:
    """Return the target with credentials of its account, and what was found; None without such credentials."""
    account, profile = target.environment.account, profile_name(target.settings.project, target.name)
    candidates = ["", profile] if profile in Session().available_profiles else [""]
    reasons = []
    for name in candidates:
        candidate = replace(target, profile=name)
        try:
            identity = candidate.client("sts").get_caller_identity()
        except (ClientError, BotoCoreError) as error:
            reasons.append(f"{name or 'the shell'}: {error}")
            continue
        if identity["Account"] == account:
            return candidate, Fact("done", f"{identity['Arn']}{f', profile {name}' if name else ''}")
        reasons.append(f"{name or 'the shell'}: credentials of account {identity['Account']}")
    text = f"expected credentials of account {account} in the shell or the profile {profile}; {'; '.join(reasons)}"
    return None, Fact("missing", text)


def _bootstrap(target: Target) -> Fact:
    version = bootstrap_version(target)
    if version is None:
        return Fact("missing", f"account {target.environment.account} has no CDK bootstrap in this region")
    if version < OLDEST_BOOTSTRAP:
        return Fact("missing", f"version {version} is too old, {OLDEST_BOOTSTRAP} or newer is needed")
    return Fact("done", f"version {version}")


def _deployment(target: Target) -> Fact:
    for capability in capabilities(target):
        stack, name = find_stack(target, capability), target.names.stack(capability)
        if stack is None:
            return Fact("missing", f"the stack {name} is not deployed")
        if stack["StackStatus"] not in WORKS:
            return Fact("missing", f"the stack {name} is {stack['StackStatus']}; see mlops doctor -e {target.name}")
    prefix = target.settings.github.subject_prefix
    if f"{prefix}:" not in str(deployed_template(target, "foundation")):
        return Fact("missing", f"its roles do not trust {prefix}, as the environments file has it; deploy again")
    return Fact("done", f"{', '.join(capabilities(target))}; roles trust {prefix}")


def _data(target: Target) -> Fact:
    bucket = target.names.data_bucket
    try:
        found = target.client("s3").list_objects_v2(Bucket=bucket, Prefix=DATA_PREFIX)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise
        return Fact("missing", f"the bucket {bucket} is not deployed")
    months = [entry["Key"] for entry in found.get("Contents", [])]
    if not months:
        return Fact("missing", f"the bucket {bucket} has no data")
    return Fact("done", f"{len(months)} months in {bucket}")


def _notify(target: Target) -> Fact:
    secrets, name = target.client("secretsmanager"), target.names.github_secret
    try:
        value = secrets.get_secret_value(SecretId=name)["SecretString"]
    except secrets.exceptions.ResourceNotFoundException:
        return Fact("missing", f"the secret {name} is not deployed")
    try:
        found = parse_secret(value, name)
    except GitHubRefused as error:
        return Fact("missing", str(error))
    return Fact("done", f"the secret {name} holds {'an App' if isinstance(found, App) else 'a token'}")


def _version(target: Target) -> Fact:
    group = target.names.model_package_group
    try:
        found = target.client("sagemaker").list_model_packages(
            ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
        )
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return Fact("missing", f"the registry {group} is not deployed")
    summaries: list[dict[str, Any]] = found["ModelPackageSummaryList"]
    if not summaries:
        return Fact("missing", f"the registry {group} has no version")
    return Fact("done", f"the newest is version {summaries[0]['ModelPackageVersion']}")


def _release(target: Target) -> Fact:
    endpoint = describe_endpoint(target)
    if endpoint is None:
        return Fact("missing", f"there is no endpoint {target.names.endpoint}")
    if endpoint["EndpointStatus"] in ("Creating", "Failed"):
        return Fact("missing", f"the endpoint {target.names.endpoint} is {endpoint['EndpointStatus']}")
    return Fact("done", f"the endpoint {target.names.endpoint} is {endpoint['EndpointStatus']}")
