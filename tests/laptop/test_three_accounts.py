"""The default of the questions: dev, staging and production are three accounts, with IAM on; one story, in its order.

Train in dev, release in staging and production, monitors, drift, retraining, rollback. Each command has the
credentials of the account that it works in; what crosses accounts does so by the policies of the stacks.
"""

import json
from typing import Any

import pytest

from tests.laptop.conftest import SERVED, THREE_ACCOUNTS, Laptop, said
from tests.laptop.iam_statements import denied_calls
from tests.laptop.monitor_reports import WINDOW_SECONDS, replay_month, report
from tests.localcloud.waiting import wait_until

STATE = SERVED
GROUP, PRODUCTION = "purchase-intent-dev", "purchase-intent-production"
pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def deployed(laptop: Laptop) -> Laptop:
    """The laptop with monitors every hour, without a cooldown, and with staging as well."""
    path = laptop.project.path / "environments.laptop.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("    trains: true\n", "    trains: true\n    cooldown_minutes: 0\n")
    path.write_text(text.replace("monitored: true\n", "monitored: true\n    monitor_every: hour\n"), encoding="utf-8")
    for environment, *options in (("dev", "--image", laptop.image_uri()), ("staging",), ("production",)):
        laptop.mlops("deploy", "--environment", environment, *options)
    return laptop


@pytest.fixture(scope="module")
def first(deployed: Laptop, served_arn: str) -> str:
    """ARN of a version that dev has trained, and that staging and production serve."""
    deployed.mlops("release", "--environment", "staging", served_arn)
    return served_arn


def served_number(laptop: Laptop, environment: str) -> str:
    printed = laptop.at(environment).mlops("predict", "--environment", environment)
    return str(json.loads(printed)["model_version"])


def policies(laptop: Laptop) -> dict[str, Any]:
    """Every policy of dev that lets other accounts in."""
    dev = laptop.at("dev")
    buckets = [bucket["Name"] for bucket in dev.client("s3").list_buckets()["Buckets"]]
    artifacts = next(name for name in buckets if name.endswith("-artifacts"))
    return {
        "registry": dev.client("sagemaker").get_model_package_group_policy(ModelPackageGroupName=GROUP)[
            "ResourcePolicy"
        ],
        "images": dev.client("ecr").get_repository_policy(repositoryName="purchase-intent")["policyText"],
        "artifacts": dev.client("s3").get_bucket_policy(Bucket=artifacts)["Policy"],
    }


def test_each_account_has_its_own_resources(deployed: Laptop) -> None:
    for environment, others in (("dev", ("staging", "production")), ("production", ("dev", "staging"))):
        stacks = deployed.at(environment).client("cloudformation").describe_stacks()["Stacks"]
        names = [stack["StackName"] for stack in stacks if stack["StackName"].startswith("purchase-intent-")]
        assert names
        assert not [name for name in names if name.startswith(tuple(f"purchase-intent-{other}" for other in others))]
    for name, policy in policies(deployed).items():
        assert THREE_ACCOUNTS["production"] in json.dumps(policy), name


def test_production_serves_what_dev_has_trained(deployed: Laptop, first: str) -> None:
    assert first.split(":")[4] == THREE_ACCOUNTS["dev"]
    assert served_number(deployed, "staging") == served_number(deployed, "production") == first.rsplit("/", 1)[-1]
    found = deployed.at("dev").client("sagemaker").describe_model_package(ModelPackageName=first)
    assert {"released_staging", "released_production"} <= set(found["CustomerMetadataProperties"])


def test_credentials_of_another_account_are_refused(deployed: Laptop, first: str) -> None:
    result = deployed.at("dev").try_mlops("release", "--environment", "production", first)
    assert result.returncode != 0
    refusal = f"is account {THREE_ACCOUNTS['production']}, but the credentials are of {THREE_ACCOUNTS['dev']}"
    assert f"production {refusal}" in result.stdout + result.stderr


def test_productions_monitors_find_the_baseline_in_dev_and_see_drift(deployed: Laptop, first: str) -> None:
    production = deployed.at("production")
    for month in ("2025-08", "2025-09"):  # the alarm asks for two windows
        replay_month(production, month)
    assert report(production, "data-quality", "broken")["violations"]
    assert report(production, "data-quality")["versions"] == [first.rsplit("/", 1)[-1]]
    alarm = f"{PRODUCTION}-contract-broken"

    def state() -> str:
        answer = production.client("cloudwatch").describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"])
        return str(answer["CompositeAlarms"][0]["StateValue"])

    wait_until(lambda: state() == "ALARM", 4 * WINDOW_SECONDS)
    result = production.try_mlops("monitor", "retrain")
    assert result.returncode == 1
    asked = f"AWS_PROFILE={GROUP} mlops train start --as-event --cause drift --cause-id {alarm}@"
    assert asked in result.stderr.replace("\n", " "), result.stderr


@pytest.fixture(scope="module")
def second(deployed: Laptop, first: str) -> str:
    """ARN of a challenger that was trained in dev, measured against what production serves, and released."""
    dev = deployed.at("dev")
    dev.mlops("data", "put", *deployed.months("2025-08", "2025-10"))
    printed = dev.train("2025-02:2025-10", "--cause", "drift", "--cause-id", "test").stdout
    arn = said(printed, "registered")
    found = dev.client("sagemaker").describe_model_package(ModelPackageName=arn)
    assert found["CustomerMetadataProperties"]["parent_model"] == first
    dev.mlops("approve", arn)
    deployed.at("production").mlops("release", arn)
    return arn


def test_a_retrained_version_serves_and_is_taken_back(deployed: Laptop, first: str, second: str) -> None:
    assert served_number(deployed, "production") == second.rsplit("/", 1)[-1]
    deployed.at("production").mlops("release", first, "--rollback")
    assert served_number(deployed, "production") == first.rsplit("/", 1)[-1]


def test_no_call_of_a_role_was_denied(deployed: Laptop, second: str) -> None:
    assert denied_calls(deployed) == set()


@pytest.mark.parametrize("what", ["registry", "images", "artifacts"])
def test_without_a_policy_production_gets_no_version(deployed: Laptop, second: str, what: str) -> None:
    """What keeps a release from working when one policy of dev is gone."""
    dev, before = deployed.at("dev"), policies(deployed)[what]
    bucket = f"{GROUP}-{THREE_ACCOUNTS['dev']}-artifacts"
    remove: dict[str, Any] = {
        "registry": lambda: dev.client("sagemaker").delete_model_package_group_policy(ModelPackageGroupName=GROUP),
        "images": lambda: dev.client("ecr").delete_repository_policy(repositoryName="purchase-intent"),
        "artifacts": lambda: dev.client("s3").delete_bucket_policy(Bucket=bucket),
    }
    put: dict[str, Any] = {
        "registry": lambda: dev.client("sagemaker").put_model_package_group_policy(
            ModelPackageGroupName=GROUP, ResourcePolicy=before
        ),
        "images": lambda: dev.client("ecr").set_repository_policy(repositoryName="purchase-intent", policyText=before),
        "artifacts": lambda: dev.client("s3").put_bucket_policy(Bucket=bucket, Policy=before),
    }
    serving = served_number(deployed, "production")
    remove[what]()
    try:
        result = deployed.at("production").try_mlops("release", second)
    finally:
        put[what]()
    assert result.returncode != 0, result.stdout
    assert "Traceback" not in result.stderr
    assert served_number(deployed, "production") == serving
