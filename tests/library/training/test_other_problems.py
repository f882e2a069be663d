"""Trainings whose label has categories or is a number, step by step, and what people read about them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.limits import METRICS_OF
from sagemaker_mlops.delivery.gitops.decision_sheet import decision_sheet
from sagemaker_mlops.delivery.gitops.evaluation_record import EvaluationRecord
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.report import sections
from sagemaker_mlops.runtime.job import StepRefused
from sagemaker_mlops.runtime.model_interface import project_model
from sagemaker_mlops.training.evaluate_model import refuse_other_form

from tests.library.problems import CATEGORIES, as_multiclass, as_regression
from tests.library.training.training_run import TrainingRun

FIRST, SECOND = ("2025-02", "2025-07"), ("2025-02", "2025-10")
CHARTS = {
    "multiclass": {"Metrics with intervals", "Calibration", "Labels and predictions", "What moves the score"},
    "regression": {"Metrics with intervals", "Predicted and actual", "Errors", "What moves the score"},
}


@pytest.fixture(scope="module", params=["multiclass", "regression"])
def second(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, months: Path, contract: Contract
) -> TrainingRun:
    """A training that was compared with a first one."""
    other = as_multiclass(contract) if request.param == "multiclass" else as_regression(contract)
    first = TrainingRun(tmp_path_factory.mktemp("first"), months, FIRST, other)
    run = TrainingRun(tmp_path_factory.mktemp("second"), months, SECOND, other, champion=first)
    for one in (first, run):
        assert [one.validate(), one.prepare(), one.train(), one.evaluate()] == [0] * 4, one.printed.getvalue()
    return run


def evaluation_of(run: TrainingRun) -> Any:
    return run.read("evaluation/evaluation.json")


def test_every_metric_has_an_interval_for_both_models(second: TrainingRun) -> None:
    evaluation, problem = evaluation_of(second), second.contract.label.problem
    assert evaluation["problem"] == problem
    for metrics in (evaluation["metrics"], evaluation["champion"]["metrics"]):
        assert set(metrics) == set(METRICS_OF[problem])
        assert all(value["low"] <= value["value"] <= value["high"] for value in metrics.values())
    assert "threshold" not in evaluation


def test_the_gates_judge_metrics_champion_groups_and_latency(second: TrainingRun) -> None:
    gates = second.read("evaluation/gates.json")
    names = {gate["name"] for gate in gates["gates"]}
    limits = second.contract.fairness.limits
    floors = {f"floor {limit.metric}" for limit in second.contract.gates.registration}
    groups = {f"fairness {limit.rate} by Region" for limit in limits}
    assert names == floors | groups | {f"champion {second.contract.champion.metric}", "latency"}
    assert gates["passed"], gates["reason"]


def test_groups_have_the_figures_of_the_problem(second: TrainingRun) -> None:
    fairness = evaluation_of(second)["fairness"]
    group = fairness["groups"][0]
    if second.contract.label.problem == "multiclass":
        assert sum(group["rows_by_category"].values()) == group["rows"]
        assert {f"true_positive_rate of {name}" for name in CATEGORIES} <= set(group)
        assert any(one["rate"] == "true_positive_rate of New_Visitor" for one in fairness["differences"])
    else:
        assert group["mean_absolute_error"] > abs(group["mean_error"])
        assert {one["rate"] for one in fairness["differences"]} == {"mean_absolute_error", "mean_error"}


def test_baselines_have_sagemakers_sections(second: TrainingRun) -> None:
    """AWS, SageMaker developer guide, "Model quality metrics and Amazon CloudWatch monitoring"."""
    problem = second.contract.label.problem
    section = {"multiclass": "multiclass_classification", "regression": "regression"}[problem]
    names = {"multiclass": {"accuracy"}, "regression": {"mae", "rmse", "r2"}}[problem]
    statistics = second.read("baselines/model_quality/statistics.json")
    assert set(statistics[f"{section}_metrics"]) == names
    constraints = second.read("baselines/model_quality/constraints.json")[f"{section}_constraints"]
    operators = {one["comparison_operator"] for one in constraints.values()}
    assert operators == {"LessThanThreshold" if problem == "multiclass" else "GreaterThanThreshold"}
    prediction = statistics["features"][0]
    assert prediction["name"] == "prediction"
    assert ("string_statistics" in prediction) == (problem == "multiclass")


def test_smoke_test_records_have_their_scores(second: TrainingRun) -> None:
    content = second.read("evaluation/smoke_test.json")
    assert len(content["records"]) == len(content["scores"]) == 50
    if second.contract.label.problem == "multiclass":
        assert all(sum(scores) == pytest.approx(1) and len(scores) == 3 for scores in content["scores"])
    assert second.contract.label.name not in content["records"][0]


def test_the_report_draws_what_fits_the_problem(second: TrainingRun) -> None:
    evaluation, problem = evaluation_of(second), second.contract.label.problem
    drawn = sections.evaluation_charts(evaluation)
    titles = CHARTS[problem] - ({"Metrics with intervals"} if problem == "regression" else set())
    assert {chart["title"] for chart in drawn} == titles
    assert all(chart["svg"].startswith("<svg") for chart in drawn)
    assert sections.fairness_sections(evaluation, second.contract)[0]["rates"]


def test_the_decision_sheet_has_the_figures(second: TrainingRun) -> None:
    record = EvaluationRecord(
        evaluation_of(second),
        second.read("evaluation/gates.json")["gates"],
        second.read("evaluation/lineage.json") | {"parent_model": "none"},
        second.read("validation/validation.json"),
    )
    version = ModelVersion("arn:aws:sagemaker:eu-west-1:1:model-package/shop/2", 2, "Approved", {})
    sheet = decision_sheet(version, record, [], environment="production", recorded_arn="none", run_url="")
    assert second.contract.champion.metric.replace("_", " ") in sheet
    expected = "Returning_Visitor" if second.contract.label.problem == "multiclass" else "labels from"
    assert expected in sheet
    assert json.dumps(sheet)


def test_a_champion_of_another_form_is_refused(second: TrainingRun) -> None:
    """It served another problem, or a label with other categories."""
    holdout = pl.read_parquet(second.folder("holdout") / "holdout.parquet")
    model = project_model().load(second.folder("model"))
    scores = model.predict(holdout.select(second.contract.feature_names))
    refuse_other_form(scores, scores)
    with pytest.raises(StepRefused, match="the champion predicts 2 categories: they cannot be compared"):
        refuse_other_form(scores, np.full((holdout.height, 2), 0.5))
