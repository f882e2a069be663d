"""How the model is operated is said apart from the contract, and faults are told with line and key."""

from pathlib import Path

import pytest
from sagemaker_mlops.environments.operations import SCHEMA_FILE, Operations, load_operations
from sagemaker_mlops.environments.schema import schema_text
from sagemaker_mlops.environments.settings import SettingsError

TEXT = """version: 1
retraining: {schedule: "cron(0 3 1 * ? *)", cooldown_hours: 24, minimum_new_rows: 400}
rollout: {strategy: canary}
alarms: {windows_to_alarm: 2, windows_observed: 3}
"""


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in TEXT
    path = folder / "operations.yaml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    return path


def test_the_projects_own_file_is_read() -> None:
    assert load_operations().rollout.strategy == "canary"


def test_the_editors_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(Operations), "run `mlops contract schema`"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("windows_to_alarm: 2", "windows_to_alarm: 4", r"windows_to_alarm 4 is above windows_observed 3"),
        ('"cron(0 3', '"every(0 3', r"retraining.schedule: String should match pattern"),
        ("canary}", "canary, step_percent: 60}", r"rollout.step_percent: Input should be less than or equal to 50"),
        ("version: 1", "version: 2", r"version: Input should be 1"),
        ("alarms:", "alarm:", r"alarm"),
    ],
)
def test_a_fault_is_told_with_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        load_operations(changed(tmp_path, old, new))
    assert str(raised.value).startswith("operations.yaml:")
