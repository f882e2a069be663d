"""Settings of tests, independent of the project's own: three accounts, as few values as possible."""

from copy import deepcopy
from pathlib import Path
from typing import Any

from sagemaker_mlops.environments.operations import Operations, load_operations
from sagemaker_mlops.environments.settings import Settings
from sagemaker_mlops.template_checks.template_policies import Accounts

REGION = "eu-west-1"
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
PLACES = Accounts(ACCOUNTS, REGION)
CONTRACT = Path(__file__).parents[1] / "contract.yaml"
OPERATIONS = CONTRACT.with_name("operations.yaml")

BASE: dict[str, Any] = {
    "project": "tripwire",
    "team_email": "team@example.com",
    "github": {"owner": "owner", "repository": "repository"},
    "monitoring_runtime": "model_monitor",
    "environments": {
        "dev": {
            "account": "111111111111",
            "region": "eu-west-1",
            "trains": True,
            "retain_data": False,
            "monthly_budget_usd": 100,
        },
        "staging": {
            "account": "222222222222",
            "region": "eu-west-1",
            "serves": True,
            "retain_data": False,
            "endpoint": {"gradual_rollout": False},
        },
        "production": {
            "account": "333333333333",
            "region": "eu-west-1",
            "serves": True,
            "monitored": True,
            "endpoint": {"minimum_instances": 2, "maximum_instances": 4},
        },
    },
}
SERVERLESS: dict[str, Any] = {"endpoint": {"kind": "serverless"}, "monitored": False}


def settings(environment: str = "production", *, github: dict[str, Any] | None = None, **changes: Any) -> Settings:
    """The base with changes of one environment, of `github`, or of `monitoring_runtime`."""
    values = deepcopy(BASE)
    values["github"] |= github or {}
    if "monitoring_runtime" in changes:
        values["monitoring_runtime"] = changes.pop("monitoring_runtime")
    values["environments"][environment] |= changes
    return Settings.model_validate(values)


def with_rollout(**changes: Any) -> Operations:
    """The operations of the tests with changes of the rollout."""
    operations = load_operations(OPERATIONS)
    return operations.model_copy(update={"rollout": operations.rollout.model_copy(update=changes)})
