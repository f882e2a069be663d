"""What the account must allow at once: endpoint with and without a shadow, trainings, monitors."""

from typing import Any

import pytest
from sagemaker_mlops.delivery import doctor
from sagemaker_mlops.delivery.quotas import Need, needs, needs_of_account
from sagemaker_mlops.delivery.target import Target, target_of
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.operations import Rollout
from sagemaker_mlops.environments.settings import Settings

PLACE = {"account": "111111111111", "region": "eu-west-1"}
ENDPOINT, PROCESSING = "ml.m5.large for endpoint usage", "ml.m5.large for processing job usage"
TRAINING = "ml.m5.xlarge for training job usage"


def needed(*, shadow_first: bool = False, **settings: Any) -> list[Need]:
    rollout = Rollout.model_validate({"strategy": "canary", "step_percent": 10, "bake_minutes": 10})
    environment = Environment.model_validate({**PLACE, **settings})
    return needs(environment, rollout.model_copy(update={"shadow_first": shadow_first}))


def test_a_shadow_is_a_third_fleet() -> None:
    serves: dict[str, Any] = {"serves": True, "endpoint": {"minimum_instances": 2}}
    release, shadow = needed(**serves)
    assert (release.quota, release.instances, release.is_optional) == (ENDPOINT, 4, False)
    assert (shadow.quota, shadow.instances, shadow.is_optional) == (ENDPOINT, 2, True)
    assert not needed(shadow_first=True, **serves)[1].is_optional
    assert needed(serves=True, endpoint={"kind": "serverless"}) == []


def test_trainings_and_monitors_need_quotas_of_their_own() -> None:
    trains = needed(trains=True, training_instance_type="ml.m5.xlarge")
    assert [(need.quota, need.instances) for need in trains] == [(TRAINING, 1), (PROCESSING, 1)]
    monitored = needed(serves=True, monitored=True)
    assert (monitored[-1].quota, monitored[-1].instances) == (PROCESSING, 4)


def in_accounts(*accounts: str) -> Settings:
    settings = target_of("dev").settings
    environments = {
        name: environment.model_copy(update={"account": account})
        for (name, environment), account in zip(settings.environments.items(), accounts, strict=True)
    }
    return settings.model_copy(update={"environments": environments})


def test_environments_of_one_account_add_up() -> None:
    """Staging and production may release, and dev may train beside the monitors, at the same time."""
    rollout = Rollout.model_validate({"strategy": "canary", "step_percent": 10, "bake_minutes": 10})
    apart = needs_of_account(in_accounts("111111111111", "222222222222", "333333333333"), "333333333333", rollout)
    assert {need.quota: need.instances for need in apart} == {ENDPOINT: 6, PROCESSING: 4}
    shared = in_accounts("111111111111", "111111111111", "111111111111")
    found = needs_of_account(shared, "111111111111", rollout)
    endpoint = [need for need in found if need.quota == ENDPOINT]
    assert [(need.instances, need.is_optional) for need in endpoint] == [(2 + 4, False), (3 + 6, True)]
    (processing,) = [need for need in found if need.quota == PROCESSING]
    assert (processing.instances, processing.purpose) == (5, "a training of dev and the monitors of production")


class Quotas:
    """Service Quotas of an account."""

    def __init__(self, values: dict[str, float]) -> None:
        self.values = values

    def get_paginator(self, _: str) -> "Quotas":
        return self

    def paginate(self, ServiceCode: str) -> list[dict[str, Any]]:  # noqa: N803
        assert ServiceCode == "sagemaker"
        entries = [{"QuotaName": name, "QuotaCode": "L-1", "Value": value} for name, value in self.values.items()]
        return [{"Quotas": entries}]


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        ({ENDPOINT: 6, PROCESSING: 4}, ["ok", "ok", "ok"]),
        ({ENDPOINT: 4, PROCESSING: 4}, ["ok", "warning", "ok"]),
        ({ENDPOINT: 6, PROCESSING: 0}, ["ok", "ok", "error"]),
        ({ENDPOINT: 0}, ["error", "warning", "warning"]),
    ],
)
def test_doctor_compares_each(monkeypatch: pytest.MonkeyPatch, values: dict[str, float], verdicts: list[str]) -> None:
    monkeypatch.setattr(Target, "client", lambda *_: Quotas(values))
    settings = in_accounts("111111111111", "222222222222", "333333333333")
    findings = list(doctor._quota(target_of("production", settings)))
    assert [finding.verdict for finding in findings] == verdicts
    assert all("--desired-value" in finding.mend for finding in findings if "needed" in finding.text and finding.mend)
