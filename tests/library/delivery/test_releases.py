"""The parts of a release that need no cloud; the template's own tests run whole releases on localcloud."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.registry import ModelVersion, version_number
from sagemaker_mlops.delivery.releases.rollout_view import RolloutView, Stage
from sagemaker_mlops.delivery.releases.serving_state import ServingState
from sagemaker_mlops.delivery.releases.smoke_records import smoke_test_uri
from sagemaker_mlops.delivery.target import target_of
from sagemaker_mlops.delivery.traffic import Answers
from sagemaker_mlops.environments.rollout import TrafficPlan

ARN = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/group/7"


def test_every_way_to_end_has_an_exit_code_of_its_own() -> None:
    kinds: list[type[DeliveryError]] = [DeliveryError, *DeliveryError.__subclasses__()]
    codes = {kind.__name__: kind.exit_code for kind in kinds if kind.__module__ == "sagemaker_mlops.delivery.errors"}
    assert sorted(codes.values()) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_version_is_settled_once_nothing_else_is_meant() -> None:
    assert ServingState(ARN, ARN, "").is_settled(ARN)
    for other in (ServingState(None, ARN, ""), ServingState(ARN, "", ""), ServingState(ARN, ARN, ARN)):
        assert not other.is_settled(ARN)


def test_versions_are_compared_by_number() -> None:
    assert version_number(ARN.replace("/7", "/10")) > version_number(ARN)


def test_smoke_records_lie_beside_the_lineage() -> None:
    version = ModelVersion(ARN, 7, "Approved", {"lineage_uri": "s3://bucket/runs/x/evaluation/lineage.json"})
    assert smoke_test_uri(version) == "s3://bucket/runs/x/evaluation/smoke_test.json"
    assert smoke_test_uri(ModelVersion(ARN, 7, "Approved", {})) == ""


@pytest.mark.parametrize(
    ("plan", "percents"),
    [
        (TrafficPlan("canary", 10, 600), (10, 100)),
        (TrafficPlan("linear", 40, 600), (40, 80, 100)),
        (TrafficPlan("linear", 50, 600), (50, 100)),
        (TrafficPlan("all_at_once", 10, 600), (100,)),
    ],
)
def test_the_traffic_moves_in_the_plans_steps(plan: TrafficPlan, percents: tuple[int, ...]) -> None:
    assert plan.percents == percents
    assert plan.steps == len(percents)


def test_the_view_counts_bakes_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    alarms = {"server-errors": "OK", "latency": "ALARM"}
    monkeypatch.setattr("sagemaker_mlops.delivery.releases.rollout_view.guard_states", lambda _: alarms)
    view = RolloutView(target_of("production"), TrafficPlan("canary", 10, 600), Console())

    def stage(status: str, started: datetime) -> Stage:
        pending: dict[str, Any] = {
            "ProductionVariants": [{"VariantStatus": [{"Status": status, "StartTime": started}]}]
        }
        return view._stage(pending)

    first, second = datetime.now(UTC), datetime(2030, 1, 1, tzinfo=UTC)
    assert str(stage("Creating", first)).startswith("the new fleet starts: new 0 %, old 100 %")
    for _ in range(2):
        found = stage("Baking", first)
        assert (found.new_percent, found.alarms) == (10, alarms)
        assert found.seconds_left is not None
        assert 1490 < found.seconds_left <= 1500
    assert stage("Baking", second).new_percent == 100
    assert str(stage("Updating", second)).endswith("latency ALARM; at most 5:00 min left")


def test_answers_are_counted_by_version_and_error() -> None:
    answers = Answers()
    assert str(answers) == "0 requests; no answer; 0 failed"
    for version, error in (("1", None), ("1", None), ("2", None), (None, "ModelError 500")):
        answers.add(version, error, 0.01)
    assert str(answers) == "4 requests; version 1: 2, version 2: 1; 1 failed; median 10 ms, p99 10 ms"
