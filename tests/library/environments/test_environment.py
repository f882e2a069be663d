"""Combinations that AWS refuses are refused here, with the key path and what to do."""

from pathlib import Path

import pytest
from sagemaker_mlops.environments.environment import Environment
from sagemaker_mlops.environments.operations import Rollout
from sagemaker_mlops.environments.rollout import plan_traffic
from sagemaker_mlops.environments.settings import SettingsError, load_settings

BASE = """\
project: purchase-intent
team_email: team@example.com
github: {owner: owner, repository: repository}
monitoring_runtime: model_monitor
environments:
  dev: {account: "111111111111", region: eu-west-1, trains: true}
  production:
    account: "333333333333"
    region: eu-west-1
    serves: true
"""


def load(tmp_path: Path, extra: str, text: str = BASE) -> Environment:
    path = tmp_path / "environments.yaml"
    path.write_text(text + extra, encoding="utf-8")
    return load_settings(path).environments["production"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("    endpoint: {kind: serverless, instance_type: ml.m5.large}\n", "endpoint: .*no instance_type"),
        ("    endpoint: {kind: serverless, capture_percent: 10}\n", "endpoint: .*no capture_percent"),
        ("    endpoint: {serverless_memory_megabytes: 2048}\n", "endpoint: .*no serverless_memory_megabytes"),
        ("    endpoint: {kind: serverless}\n    monitored: true\n", "cannot have monitored: true"),
        ("    endpoint: {kind: serverless}\n    network_isolation: true\n", "cannot have network_isolation: true"),
        (
            "    endpoint: {kind: serverless}\n"
            "    network: {subnets: [subnet-01234567], security_groups: [sg-01234567]}\n",
            "cannot have network.subnets",
        ),
        ("    endpoint: {kind: serverless, serverless_memory_megabytes: 2000}\n", "serverless_memory_megabytes"),
        ("    endpoint: {minimum_instances: 3, maximum_instances: 2}\n", "minimum_instances 3 is above"),
        ("    endpoint: {capture_percent: 101}\n", "capture_percent: .*found 101"),
        ("    endpoint: {capture_percent: 0}\n    monitored: true\n", "monitors see nothing"),
        ("    network: {subnets: [subnet-01234567]}\n", "network: .*both or neither"),
        ("    network: {subnets: [vpc-1], security_groups: [sg-01234567]}\n", "subnets"),
        ("    capture_retention_days: 0\n", "capture_retention_days: .*found 0"),
        ("    monitor_every: minute\n", "monitor_every"),
        ("    monthly_budget_usd: 0\n", "monthly_budget_usd"),
    ],
)
def test_a_refused_combination_is_told_with_its_place(tmp_path: Path, extra: str, message: str) -> None:
    with pytest.raises(SettingsError, match=rf"environments\.production.*{message}"):
        load(tmp_path, extra)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("region: eu-west-1\n    serves", "region: eu-west-2\n    serves", "use one region"),
        ("repository: repository}", "repository: repository, owner_id: 1}", "owner_id and repository_id go together"),
        ("    serves: true\n", "    monitored: true\n", "there is nothing to watch"),
        ("trains: true", "trains: false", "at least one environment needs trains: true"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, "", BASE.replace(old, new))


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"])
def test_regions_of_other_partitions_are_refused(tmp_path: Path, region: str) -> None:
    """Every ARN begins with `arn:aws:`. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
    message = rf"region: expected one of the commercial regions \(partition aws\), found {region}"
    with pytest.raises(SettingsError, match=message):
        load(tmp_path, "", BASE.replace("eu-west-1", region))


def rollout(strategy: str, percent: int = 10, minutes: int = 10) -> Rollout:
    return Rollout.model_validate({"strategy": strategy, "step_percent": percent, "bake_minutes": minutes})


@pytest.mark.parametrize(
    ("promised", "extra", "message"),
    [
        (rollout("canary"), "", "needs at least two instances, found 1"),
        (rollout("linear", 5), "    endpoint: {minimum_instances: 2}\n", "expected 10 to 50 for linear, found 5"),
        (rollout("linear", 10, 60), "    endpoint: {minimum_instances: 2}\n", "longer than 345 minutes"),
    ],
)
def test_a_rollout_that_sagemaker_would_refuse_is_told(
    tmp_path: Path, promised: Rollout, extra: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        plan_traffic("production", load(tmp_path, extra), promised)


def test_a_rollout_is_as_asked_for_where_the_endpoint_allows_it(tmp_path: Path) -> None:
    two = load(tmp_path, "    endpoint: {minimum_instances: 2}\n")
    assert plan_traffic("production", two, rollout("canary")).strategy == "canary"
    assert plan_traffic("production", two, rollout("linear", 25)).steps == 4
    at_once = load(tmp_path, "    endpoint: {gradual_rollout: false}\n")
    assert plan_traffic("production", at_once, rollout("canary")).strategy == "all_at_once"
    serverless = load(tmp_path, "    endpoint: {kind: serverless}\n")
    assert plan_traffic("production", serverless, rollout("canary")).strategy == "all_at_once"
