"""Every change of the settings is an update that CloudFormation can make, and that replaces nothing of value."""

from copy import deepcopy
from typing import Any

import pytest
from sagemaker_mlops.environments.settings import Settings
from sagemaker_mlops.template_checks.update_rules import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    custom_names,
    faults,
    named_and_replaceable,
    replaced,
)

from tests.stacks.conftest import Synthesize, Template, Templates
from tests.stacks.settings import settings, with_rollout

# Create-only properties beside a custom name, which no setting changes.
REASONS = {
    (
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        "ScalingTargetId",
    ): "a policy's name is its target's, not the account's",
    ("AWS::DynamoDB::Table", "KeySchema"): "the ledger's key; another one would be another table",
    ("AWS::ECR::Repository", "EncryptionConfiguration"): "the key is protected: a deployment refuses to replace it",
}


def with_values(**changes: Any) -> Settings:
    return Settings.model_validate({**settings().model_dump(), **changes})


ENDPOINT_SETTINGS = {"minimum_instances": 2, "maximum_instances": 4}
NETWORK = {"subnets": ["subnet-0123456789abcdef0"], "security_groups": ["sg-0123456789abcdef0"]}
CHANGES: dict[str, Settings] = {
    "e-mail": with_values(team_email="other@example.com"),
    "endpoint's instance type": settings(endpoint={**ENDPOINT_SETTINGS, "instance_type": "ml.c5.xlarge"}),
    "endpoint on local disks": settings(endpoint={**ENDPOINT_SETTINGS, "instance_type": "ml.m5d.large"}),
    "most instances": settings(endpoint={**ENDPOINT_SETTINGS, "maximum_instances": 9}),
    "least instances": settings(endpoint={**ENDPOINT_SETTINGS, "minimum_instances": 3}),
    "fixed size": settings(endpoint={"minimum_instances": 2}),
    "capture share": settings(endpoint={**ENDPOINT_SETTINGS, "capture_percent": 10}),
    "all at once": settings(endpoint={**ENDPOINT_SETTINGS, "gradual_rollout": False}),
    "server processes": settings(endpoint={**ENDPOINT_SETTINGS, "server_processes": 3}),
    "serverless": settings(endpoint={"kind": "serverless"}, monitored=False),
    "period of the monitors": settings(monitor_every="hour"),
    "no monitors": settings(monitored=False),
    "monitors' instance type": settings(processing_instance_type="ml.m5.xlarge"),
    "monitors on local disks": settings(processing_instance_type="ml.m5d.large"),
    "runtime of the monitors": settings(monitoring_runtime="scheduled_pipeline"),
    "trainings' instance types": settings(
        "dev", processing_instance_type="ml.c5.xlarge", training_instance_type="ml.g5.xlarge"
    ),
    "cooldown": settings("dev", cooldown_minutes=5),
    "budget": settings("dev", monthly_budget_usd=7),
    "no budget": settings("dev", monthly_budget_usd=None),
    "network": settings(network=NETWORK),
    "network of trainings": settings("dev", network=NETWORK),
    "network isolation": settings(network_isolation=False),
    "retention of data": settings("dev", retain_data=True),
    "retention of captures": settings(capture_retention_days=7),
    "permissions boundary": settings(permissions_boundary="boundary"),
    "another repository": settings(github={"repository": "renamed"}),
    "ids of the repository": settings(github={"owner_id": 1, "repository_id": 2}),
    "deployments from main": settings(github={"deploy_from": "main_branch"}),
}
ROLLOUTS = {
    "longer bake": with_rollout(bake_minutes=12),
    "larger canary": with_rollout(step_percent=20),
    "linear": with_rollout(strategy="linear"),
}


def check(before: Templates, after: Templates) -> dict[str, list[str]]:
    """Return the faults of an update in both directions, by stack."""
    stacks = [key for key in before if key in after.found]
    found = {
        f"{'/'.join(key)} {direction}": faults(*pair)
        for key in stacks
        for direction, pair in (("there", (before[key], after[key])), ("back", (after[key], before[key])))
    }
    return {key: texts for key, texts in found.items() if texts}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_settings_can_be_deployed(templates: Templates, synthesize: Synthesize, change: str) -> None:
    changed = synthesize(CHANGES[change])
    assert changed.found != templates.found, "the change changes nothing"
    assert check(templates, changed) == {}


@pytest.mark.parametrize("rollout", ROLLOUTS)
def test_a_change_of_the_rollout_can_be_deployed(templates: Templates, synthesize: Synthesize, rollout: str) -> None:
    changed = synthesize(settings(), ROLLOUTS[rollout])
    assert changed.found != templates.found
    assert check(templates, changed) == {}


def test_what_has_a_name_sets_nothing_else_that_replaces_it(templates: Templates) -> None:
    found = {
        (entry["Type"], path)
        for key in templates
        for entry in templates[key]["Resources"].values()
        for path in named_and_replaceable(entry)
    }
    assert found == set(REASONS), "leave the name out, or say why the property never changes"


def only(template: Template, kind: str) -> tuple[str, Template]:
    ((logical_id, resource),) = [(one, entry) for one, entry in template["Resources"].items() if entry["Type"] == kind]
    return logical_id, resource


def test_a_name_beside_what_replaces_it_is_caught(templates: Templates) -> None:
    _, budget = only(deepcopy(templates["dev", "foundation"]), "AWS::Budgets::Budget")
    assert named_and_replaceable(budget) == []
    budget["Properties"]["Budget"]["BudgetName"] = "monthly"
    assert named_and_replaceable(budget) == ["NotificationsWithSubscribers"]


def test_a_named_budget_could_not_get_another_address(templates: Templates, synthesize: Synthesize) -> None:
    before = deepcopy(templates["dev", "foundation"])
    after = deepcopy(synthesize(CHANGES["e-mail"])["dev", "foundation"])
    for template in (before, after):
        only(template, "AWS::Budgets::Budget")[1]["Properties"]["Budget"]["BudgetName"] = "monthly"
    assert [fault for fault in faults(before, after) if "its name monthly is taken" in fault]


def test_an_endpoint_that_would_keep_its_configuration_is_caught(templates: Templates, synthesize: Synthesize) -> None:
    before = templates["production", "serving"]
    after = deepcopy(synthesize(settings(), ROLLOUTS["longer bake"])["production", "serving"])
    old, new = only(before, ENDPOINT_CONFIG)[0], only(after, ENDPOINT_CONFIG)[0]
    after["Resources"][old] = after["Resources"].pop(new)
    assert faults(before, after) == [f"{only(after, ENDPOINT)[0]} would be updated with the configuration that it has"]


def test_replacing_or_removing_what_is_protected_is_caught(templates: Templates) -> None:
    before = templates["dev", "training"]
    after = deepcopy(before)
    table, _ = only(after, "AWS::DynamoDB::Table")
    after["Resources"][table]["Properties"]["KeySchema"] = [{"AttributeName": "other", "KeyType": "HASH"}]
    assert [fault for fault in faults(before, after) if "it holds the ledger" in fault]
    del after["Resources"][table]
    assert faults(before, after) == [f"{table} (AWS::DynamoDB::Table) would be removed: it holds the ledger"]


def test_another_logical_id_under_the_same_name_is_caught(templates: Templates) -> None:
    before = templates["dev", "training"]
    after = deepcopy(before)
    pipeline, resource = only(after, "AWS::SageMaker::Pipeline")
    after["Resources"]["Renamed"] = after["Resources"].pop(pipeline)
    names = set(custom_names(resource).values())
    assert [fault for fault in faults(before, after) if f"still has its name {names}" in fault]


def test_what_takes_its_value_from_a_replaced_resource_is_replaced_too(templates: Templates) -> None:
    before = templates["production", "serving"]["Resources"]
    after = deepcopy(before)
    target = next(one for one, entry in after.items() if entry["Type"].endswith("ScalableTarget"))
    after[target]["Properties"]["ResourceId"] = "endpoint/other/variant/AllTraffic"
    policy = next(one for one, entry in after.items() if entry["Type"].endswith("ScalingPolicy"))
    assert replaced(before, after) == {target, policy}
