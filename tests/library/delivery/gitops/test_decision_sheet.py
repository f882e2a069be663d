"""What a reviewer reads."""

from pathlib import Path

import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.delivery.gitops.decision_sheet import Check, decision_sheet
from sagemaker_mlops.delivery.gitops.evaluation_record import EvaluationRecord
from sagemaker_mlops.delivery.registry import NONE

from tests.library.delivery.gitops.versions import arn_of, version
from tests.library.training.training_run import TrainingRun

CHECKS = [Check("the version serves", True, "it | does"), Check("latency", False, "too slow")]


def record_of(run: TrainingRun) -> EvaluationRecord:
    lineage = run.read("evaluation/lineage.json")
    parent = arn_of(1) if lineage["parent_model"].startswith("arn:") else NONE
    return EvaluationRecord(
        run.read("evaluation/evaluation.json"),
        run.read("evaluation/gates.json")["gates"],
        {**lineage, "parent_model": parent},
        run.read("validation/validation.json"),
        run.read("evaluation/contract.json"),
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, months: Path, contract: Contract) -> tuple[TrainingRun, TrainingRun]:
    directory = tmp_path_factory.mktemp("runs")
    first = TrainingRun(directory / "first", months, ("2025-02", "2025-07"), contract).all()
    return first, TrainingRun(directory / "second", months, ("2025-02", "2025-10"), contract, champion=first).all()


def test_the_sheet_has_everything_a_decision_needs(runs: tuple[TrainingRun, TrainingRun]) -> None:
    sheet = decision_sheet(
        version(2, trigger="drift"),
        record_of(runs[1]),
        CHECKS,
        environment="production",
        recorded_arn=arn_of(1),
        run_url="https://github.com/o/r/actions/runs/9",
    )
    for text in (
        "serve version 2** in the place of version 1",
        "because of: drift",
        "| roc auc |",
        "Challenger minus champion",
        "| ✅ | floor roc_auc |",
        "| VisitorType | Returning_Visitor |",
        "Distance from the champion's training data",
        "| ✅ | the version serves | it \\| does |",
        "| ❌ | latency | too slow |",
        "```mermaid",
        "2025-02 to 2025-10",
        "actions/runs/9",
        arn_of(2),
    ):
        assert text in sheet
    assert len(sheet) < 65_536, "GitHub's limit"


def test_the_first_version_has_nothing_to_be_compared_with(runs: tuple[TrainingRun, TrainingRun]) -> None:
    sheet = decision_sheet(version(1), record_of(runs[0]), [], environment="production", recorded_arn=NONE, run_url="")
    assert "in the place of nothing" in sheet
    assert "There is no champion to compare the data with" in sheet
    assert "no champion" in sheet


def test_the_sheet_says_whom_the_contract_breaks(runs: tuple[TrainingRun, TrainingRun], contract: Contract) -> None:
    """The served version had no Weekend, so its clients do not send one."""
    record = record_of(runs[1])
    features = tuple(feature for feature in contract.features if feature.name != "Weekend")
    older = contract.model_copy(update={"features": features})
    words = {"environment": "production", "recorded_arn": arn_of(1), "run_url": ""}
    same = decision_sheet(version(2), record, [], **words, served_contract=contract)
    assert "The same as that of the served version." in same
    other = decision_sheet(version(2), record, [], **words, served_contract=older)
    assert "| Weekend | added; requests that lack it are refused, and files without it | clients and data |" in other
    unknown = decision_sheet(version(2), record, [], **words)
    assert "There is no contract of a served version" in unknown
