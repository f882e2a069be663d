from pathlib import Path

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.settings_edit import set_value
from sagemaker_mlops.environments.settings import ENVIRONMENTS_FILE, load_settings

TEXT = """# Where each environment is.
project: shop   # monitoring_runtime: "this is a comment"
monitoring_runtime: "model_monitor"   # closed to new customers
environments:
  production: {monitoring_runtime: other}
"""


def test_one_value_changes_and_everything_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert set_value(path, "monitoring_runtime", "scheduled_pipeline")
    assert path.read_text(encoding="utf-8") == TEXT.replace('"model_monitor"', '"scheduled_pipeline"')
    assert not set_value(path, "monitoring_runtime", "scheduled_pipeline")


def test_a_value_without_quotes_stays_without(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_text("a: 1\nkey: old # why\n", encoding="utf-8")
    set_value(path, "key", "new")
    assert path.read_text(encoding="utf-8") == "a: 1\nkey: new # why\n"


@pytest.mark.parametrize("text", ["a: 1\n", "monitoring_runtime: [1]\n", "monitoring_runtime: {\n", ""])
def test_a_file_without_the_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "environments.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeliveryError, match="expected monitoring_runtime: with a text in environments"):
        set_value(path, "monitoring_runtime", "scheduled_pipeline")


def test_the_projects_own_file_is_still_read_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "environments.yaml"
    path.write_text(ENVIRONMENTS_FILE.read_text(encoding="utf-8"), encoding="utf-8")
    other = {"model_monitor": "scheduled_pipeline", "scheduled_pipeline": "model_monitor"}
    wanted = other[load_settings(path).monitoring_runtime]
    set_value(path, "monitoring_runtime", wanted)
    assert load_settings(path).monitoring_runtime == wanted
