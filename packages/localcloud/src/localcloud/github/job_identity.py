"""OpenID Connect token of a workflow's job, and the AWS credentials that it is exchanged for.

Source of the subjects: https://docs.github.com/actions/reference/security/oidc (subject claims).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from localcloud.cloud import Cloud
from localcloud.github.answers import Refused
from localcloud.github.records import Record
from localcloud.github.repository_calls import subject_prefix
from localcloud.github.runner import WORKFLOWS, Runner
from localcloud.github.workflows import LOCAL, Workflow, fill_in, parse
from localcloud.scope import Scope
from localcloud.service_rules.web_identity_trust import trusts_web_identity

ISSUER, AUDIENCE = "token.actions.githubusercontent.com", "sts.amazonaws.com"
# localcloud may have a single account in place of several. A role that does not exist in the account of its ARN is
# looked up in this one.
ONLY_ACCOUNT = "000000000000"
# Messages of aws-actions/configure-aws-credentials:
# https://github.com/aws-actions/configure-aws-credentials/issues/318
NOT_AUTHORIZED = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
NO_TOKEN = (
    "Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers"
)


def job_credentials(runner: Runner, number: int, job: str, role_arn: str, region: str) -> dict[str, str]:
    """Return the environment variables of a job that assumes a role with its token.

    With IAM enforcement they hold the credentials of the role, without it those of the role's account.

    Raises:
        Refused: with 403 if GitHub gives the job no token, or if the role does not trust it.
    """
    run = runner.records.get("run", number) or {}
    cloud = runner.cloud
    role_arn = _existing_role(cloud, role_arn)
    claims = {"aud": AUDIENCE, "sub": subject(runner, run, job)}
    policy = cloud.host.trust_policy(role_arn)
    if policy is None or not trusts_web_identity(policy, ISSUER, claims):
        raise Refused(403, f"{NOT_AUTHORIZED} ({role_arn}, {claims['sub']})")
    scope = Scope(role_arn.split(":")[4], region)
    return {**cloud.host.environment(scope, role_arn), **runner.job_environment}


def _existing_role(cloud: Cloud, role_arn: str) -> str:
    words = role_arn.split(":")
    alone = ":".join([*words[:4], ONLY_ACCOUNT, *words[5:]])
    return role_arn if cloud.host.trust_policy(role_arn) is not None else alone


def subject(runner: Runner, run: Record, job: str) -> str:
    """Return the subject claim of a job's token.

    Raises:
        Refused: with 403 if GitHub gives the job no token, with 404 if there is no such job.
    """
    chain = _find(runner, run, job)
    if runner.is_of_fork(run) or not all(_may_have_token(part) for part in chain):
        raise Refused(403, NO_TOKEN)
    prefix = subject_prefix(runner.records)
    environment = chain[-1].get("environment")
    name = environment.get("name") if isinstance(environment, dict) else environment
    if name:
        return f"{prefix}:environment:{fill_in(str(name), runner.context(run))}"
    reference = "pull_request" if run["event"] == "pull_request" else f"ref:refs/heads/{run['head_branch']}"
    return f"{prefix}:{reference}"


def _find(runner: Runner, run: Record, job: str) -> list[Mapping[str, Any]]:
    """Return a job, preceded by the jobs that call its workflow, each with the permissions of its file."""
    read = partial(runner.read, commit=run["head_sha"])
    for chain in _chains(Workflow("", parse(read(f"{WORKFLOWS}/{run['workflow']}") or "{}")), job, read):
        return chain
    raise Refused(404, f"no job {job} in {run['workflow']}")


def _chains(workflow: Workflow, job: str, read: Any) -> Iterator[list[Mapping[str, Any]]]:
    jobs = {
        name: {"permissions": workflow.content.get("permissions"), **found}
        for name, found in (workflow.content.get("jobs") or {}).items()
    }
    if job in jobs:
        yield [jobs[job]]
    for caller in jobs.values():
        called = str(caller.get("uses", ""))
        text = read(called.removeprefix("./")) if called.startswith(LOCAL) else None
        for chain in _chains(Workflow(called, parse(text)), job, read) if text else ():
            yield [caller, *chain]


def _may_have_token(job: Mapping[str, Any]) -> bool:
    permissions = job.get("permissions")
    return permissions == "write-all" or (isinstance(permissions, dict) and permissions.get("id-token") == "write")
