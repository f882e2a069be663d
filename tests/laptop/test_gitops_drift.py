"""The whole chain, with nothing injected: live requests drift, and a version waits for approval.

Requests -> data capture -> monitors -> alarm -> notify -> the workflow retrain -> training -> version. A minute is an
hour.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import BakedProject
from tests.laptop.conftest import Laptop
from tests.laptop.github_stand_in import StandIn
from tests.laptop.gitops import PRODUCTION, SOON, push_served, serving_laptop, trainings, versions
from tests.laptop.monitor_reports import WINDOW_SECONDS, replay_month
from tests.localcloud.waiting import wait_until

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def laptop(states: BakedProject, installed: BakedProject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """Three environments of which production serves version 1, and is monitored."""
    with serving_laptop(states, installed, tmp_path_factory.mktemp("drift")) as laptop:
        yield laptop


@pytest.fixture(scope="module")
def github(laptop: Laptop) -> StandIn:
    """The stand-in with a main branch that names version 1."""
    return push_served(laptop)


def state(laptop: Laptop) -> str:
    answer = (
        laptop.at("production")
        .client("cloudwatch")
        .describe_alarms(AlarmNames=[f"{PRODUCTION}-contract-broken"], AlarmTypes=["CompositeAlarm"])
    )
    return str(answer["CompositeAlarms"][0]["StateValue"])


def test_requests_that_drift_become_a_version_that_waits(laptop: Laptop, github: StandIn) -> None:
    laptop.mlops("data", "put", *laptop.months("2025-08", "2025-10"))
    for month in ("2025-08", "2025-09", "2025-10"):
        replay_month(laptop, month)
    wait_until(lambda: state(laptop) == "ALARM", 6 * WINDOW_SECONDS)
    wait_until(lambda: any(run["conclusion"] == "success" for run in github.runs("retrain")), SOON)
    (issue,) = [found for found in github.call("GET", "/issues?state=open") if "pull_request" not in found]
    assert issue["title"] == "The model of production broke its contract"
    wait_until(lambda: versions(laptop) == [1, 2], 2 * SOON)
    newest = trainings(laptop)[-1]
    assert (newest["Trigger"], newest["WindowEnd"], newest["Status"]) == ("drift", "2025-10", "Succeeded")
    package = laptop.client("sagemaker").describe_model_package(
        ModelPackageName=f"arn:aws:sagemaker:eu-west-1:{laptop.account}:model-package/purchase-intent-dev/2"
    )
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
