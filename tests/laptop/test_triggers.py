"""Trainings that start by themselves: nobody calls start-training here. A minute is an hour."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.laptop.conftest import SERVED, Laptop
from tests.localcloud.waiting import wait_until

STATE = SERVED
GROUP = "purchase-intent-dev"
HOUR_SECONDS = 60


@pytest.fixture(scope="module", autouse=True)
def without_cooldown(laptop: Laptop) -> None:
    """Settings in which a training may follow the one before at once."""
    path = laptop.project.path / "environments.laptop.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    trains: true\n", "    trains: true\n    cooldown_minutes: 0\n"), encoding="utf-8")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def triggers(laptop: Laptop) -> list[tuple[str, str, str]]:
    """Cause, end of the window and status of every training, oldest first."""
    sagemaker = laptop.client("sagemaker")
    answer = sagemaker.list_pipeline_executions(
        PipelineName=f"{GROUP}-training", SortBy="CreationTime", SortOrder="Ascending", MaxResults=100
    )
    found = []
    for execution in answer["PipelineExecutionSummaries"]:
        arn = execution["PipelineExecutionArn"]
        listed = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn, MaxResults=100)
        values = {entry["Name"]: entry["Value"] for entry in listed["PipelineParameters"]}
        found.append((values["Trigger"], values["WindowEnd"], execution["PipelineExecutionStatus"]))
    return found


def newest_is(laptop: Laptop, trigger: str, window_end: str) -> Callable[[], bool]:
    """Return a check that the newest training has ended; its gates may refuse a model of these months."""

    def has_ended() -> bool:
        found = triggers(laptop)[-1]
        return found[:2] == (trigger, window_end) and found[2] in ("Succeeded", "Failed")

    return has_ended


def test_an_uploaded_month_starts_a_training(laptop: Laptop) -> None:
    settings = laptop.project.path / "environments.laptop.yaml"
    change(settings, "cooldown_minutes: 0\n", "cooldown_minutes: 0\n    upload_pause_minutes: 0\n")
    laptop.mlops("deploy", "--environment", "dev", "--image", laptop.image_uri())
    laptop.mlops("data", "put", *laptop.months("2025-08", "2025-08"))
    wait_until(newest_is(laptop, "new-data", "2025-08"), 4 * HOUR_SECONDS)


def test_another_schedule_needs_a_deployment_and_starts_a_training(laptop: Laptop) -> None:
    change(laptop.project.path / "environments.laptop.yaml", "    upload_pause_minutes: 0\n", "")
    change(laptop.project.path / "operations.yaml", "schedule: cron(0 3 1 * ? *)", "schedule: rate(1 hour)")
    laptop.mlops("deploy", "--environment", "dev")
    laptop.mlops("data", "put", *laptop.months("2025-09", "2025-09"))
    wait_until(newest_is(laptop, "schedule", "2025-09"), 6 * HOUR_SECONDS)
