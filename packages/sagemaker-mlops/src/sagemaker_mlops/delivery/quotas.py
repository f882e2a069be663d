"""Instances of each type that the environments of an account need at once, and their quotas.

New accounts often have a quota of 0. Source: https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sagemaker_mlops.contract.monitors import KINDS
from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.operations import Rollout
from sagemaker_mlops.environments.settings import Settings

SERVICE = "sagemaker"


@dataclass(frozen=True)
class Need:
    """Number of instances that a quota must allow, and their purpose."""

    quota: str
    instances: int
    purpose: str
    is_optional: bool = False


@dataclass(frozen=True)
class Quota:
    """Code and value of a service quota."""

    code: str
    value: float


def needs_of_account(settings: Settings, account: str, rollout: Rollout) -> list[Need]:
    """Return the summed needs of every environment in an account, because they share its quotas."""
    found = [
        replace(need, purpose=f"{need.purpose} of {name}")
        for name, environment in settings.environments.items()
        if environment.account == account
        for need in needs(environment, rollout)
    ]
    added: list[Need] = []
    for quota in dict.fromkeys(need.quota for need in found):
        of_quota = [need for need in found if need.quota == quota]
        required = [need for need in of_quota if not need.is_optional]
        added.append(_sum(required))
        if len(of_quota) > len(required):
            added.append(replace(_sum(of_quota), is_optional=True))
    return added


def _sum(found: Sequence[Need]) -> Need:
    purposes = " and ".join(need.purpose for need in found)
    return Need(found[0].quota, sum(need.instances for need in found), purposes)


def needs(environment: Environment, rollout: Rollout) -> list[Need]:
    """Return the needs of an environment, all of which can occur at once: endpoint, trainings, monitors."""
    processing = f"{environment.processing_instance_type} for processing job usage"
    found = list(_of_endpoint(environment, rollout))
    if environment.trains:
        training = f"{environment.training_instance_type} for training job usage"
        found += [Need(training, 1, "a training"), Need(processing, 1, "a training")]
    if environment.monitored:
        found.append(Need(processing, len(KINDS), "the monitors"))
    return found


def _of_endpoint(environment: Environment, rollout: Rollout) -> Iterator[Need]:
    """Yield the needs of an endpoint: a release runs the old and the new fleet at once, a shadow a third one."""
    endpoint = environment.endpoint
    if not environment.serves or endpoint.is_serverless:
        return
    quota, instances = f"{endpoint.real_time_instance_type} for endpoint usage", endpoint.instances[0]
    yield Need(quota, 2 * instances, "a release")
    yield Need(quota, instances, "the shadow", is_optional=not rollout.shadow_first)


def quotas(target: Target) -> Mapping[str, Quota]:
    """Return the account's SageMaker quotas by name."""
    pages = target.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=SERVICE)
    return {entry["QuotaName"]: Quota(entry["QuotaCode"], entry["Value"]) for page in pages for entry in page["Quotas"]}


def increase_command(quota: Quota, instances: int) -> str:
    """Return the AWS CLI command that requests a quota increase to a number of instances."""
    return (
        f"aws service-quotas request-service-quota-increase --service-code {SERVICE} "
        f"--quota-code {quota.code} --desired-value {instances}"
    )
