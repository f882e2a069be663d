import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.execution import ExecutionState, StepState
from sagemaker_mlops.delivery.report.build import render
from sagemaker_mlops.delivery.report.documents import Documents

from tests.library.training.training_run import TrainingRun

COLUMNS = [["ValidateData"], ["TrainModel", "ScoreChampion"], ["RegisterModel", "RejectModel"]]
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


def step(name: str, status: str, reason: str = "", metadata: dict[str, Any] | None = None) -> StepState:
    return StepState(name, status, BEGIN, BEGIN + timedelta(seconds=2), reason, metadata or {})


def documents(status: str, *steps: StepState, **found: Any) -> Documents:
    arn = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/p/execution/abc"
    parameters = {"WindowStart": "2025-02", "WindowEnd": "2025-07", "Trigger": "manual"}
    missing = dict.fromkeys(("validation", "profile", "evaluation", "gates", "lineage"))
    return Documents(ExecutionState(arn, status, steps), COLUMNS, parameters, **{**missing, **found})


def assert_self_contained(page: str) -> None:
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(http""", page)
    assert "<script" not in page


def test_a_training_that_failed_at_once_has_a_report_with_the_reason() -> None:
    page = render(documents("Failed", step("ValidateData", "Failed", "Browser: unknown_category")))
    assert "Browser: unknown_category" in page
    assert "not run" in page
    assert_self_contained(page)


def test_findings_are_shown_with_rule_count_and_rows() -> None:
    finding = {
        "rule": "out_of_range",
        "column": "PageValues",
        "count": 25,
        "rows": [3, 9],
        "expected": "0 or more",
        "file": "f.csv",
        "refuses": True,
    }
    validation = {"passed": False, "rows": 100, "files": [], "findings": [finding], "shifts": []}
    page = render(documents("Failed", step("ValidateData", "Failed"), validation=validation))
    for text in ("out_of_range", "PageValues", "25", "3, 9", "0 or more", "f.csv"):
        assert text in page


def test_text_from_outside_cannot_become_markup() -> None:
    page = render(documents("Failed", step("ValidateData", "Failed", "<script>alert(1)</script>")))
    assert "&lt;script&gt;" in page
    assert_self_contained(page)


def test_a_whole_training_is_shown(tmp_path: Path, months: Path, contract: Contract) -> None:
    first = TrainingRun(tmp_path / "first", months, ("2025-02", "2025-07"), contract).all()
    run = TrainingRun(tmp_path / "second", months, ("2025-02", "2025-10"), contract, champion=first).all()
    registered = step("RegisterModel", "Succeeded", metadata={"RegisterModel": {"Arn": "arn:version-2"}})
    page = render(
        documents(
            "Succeeded",
            step("ValidateData", "Succeeded"),
            registered,
            validation=run.read("validation/validation.json"),
            profile=run.read("profile/statistics.json"),
            evaluation=run.read("evaluation/evaluation.json"),
            gates=run.read("evaluation/gates.json"),
            lineage=run.read("evaluation/lineage.json"),
        )
    )
    assert_self_contained(page)
    for text in (
        "arn:version-2",
        "Challenger minus champion",
        "roc curve",
        "calibration curve",
        "floor roc_auc",
        "Lineage",
    ):
        assert text in page, text
    assert page.count("sensitive: not shown") == len(contract.sensitive_names)
    assert page.count("<svg") > 10
