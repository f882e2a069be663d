"""Monitors of a label with categories and of a number: captures of the server's own answers, labels, and findings."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import check_table
from sagemaker_mlops.contract.monitors import VIOLATED, MonitorKind
from sagemaker_mlops.contract.outcomes import outcome_texts
from sagemaker_mlops.delivery.monitors.put_labels import read_label_file
from sagemaker_mlops.monitoring.analyzer import Analyzer
from sagemaker_mlops.monitoring.answers import answer_columns
from sagemaker_mlops.monitoring.capture_records import CaptureDecoder
from sagemaker_mlops.monitoring.findings import Analysis
from sagemaker_mlops.monitoring.outputs import page
from sagemaker_mlops.runtime.media_types import CSV, JSON, JSON_LINES
from sagemaker_mlops.runtime.problem import problem_of
from sagemaker_mlops.serving.answers import answer_writer

from tests.library.monitoring.captures import NOW, FakeServices, capture_line, settings_of
from tests.library.monitoring.conftest import Trained, trained_on
from tests.library.problems import as_multiclass, as_regression

ASKED = NOW - timedelta(minutes=30)
KINDS: tuple[MonitorKind, ...] = ("data-quality", "model-quality", "bias", "explainability")


@dataclass(frozen=True)
class Case:
    """A contract of another problem, and a version that was trained for it."""

    contract: Contract
    trained: Trained

    def captured(self, rows: pl.DataFrame, scores: Any, media_type: str = JSON) -> bytes:
        """Capture of one request for each row, with the answers that the server writes."""
        write = answer_writer(self.contract).write
        ids = rows["record_id"].to_list()
        encoding = "JSON" if media_type == JSON else "CSV"
        return b"".join(
            capture_line(
                record,
                write([score], media_type, "1", key).decode(),
                at=ASKED,
                given_id=key,
                types=(JSON, media_type),
                encodings=("JSON", encoding),
            )
            for key, record, score in zip(
                ids, rows.select(self.contract.feature_names).to_dicts(), scores.tolist(), strict=True
            )
        )


@pytest.fixture(scope="module", params=["multiclass", "regression"])
def case(
    request: pytest.FixtureRequest,
    contract: Contract,
    sample_text: pl.DataFrame,
    tmp_path_factory: pytest.TempPathFactory,
) -> Case:
    other = as_multiclass(contract) if request.param == "multiclass" else as_regression(contract)
    table = check_table(sample_text, other).table.filter(pl.col("event_time").dt.month() <= 7)
    return Case(other, trained_on(table, other, tmp_path_factory.mktemp("model")))


@pytest.fixture
def services(case: Case) -> FakeServices:
    found = FakeServices()
    found.register("1", case.trained.documents, case.trained.archive)
    return found


def analyse(kind: MonitorKind, services: FakeServices, case: Case, directory: Path) -> Analysis:
    return Analyzer(settings_of(kind, directory), services, case.contract, NOW).run()  # type: ignore[arg-type]  # a fake


def label(services: FakeServices, case: Case, rows: pl.DataFrame, directory: Path) -> None:
    """Upload labels as a team does: a file with the ids and the labels as they are in its data."""
    name = case.contract.label.name
    rows.select("record_id", outcome_texts(rows[name]).alias(name)).write_csv(directory / "labels.csv")
    services.label(read_label_file(directory / "labels.csv", "record_id", name, case.contract.label).content)


@pytest.mark.parametrize("media_type", [JSON, CSV, JSON_LINES])
def test_answers_of_the_server_are_decoded(case: Case, media_type: str) -> None:
    rows = case.trained.holdout.head(20)
    scores = case.trained.scores(rows)
    decoder = CaptureDecoder(case.contract)
    decoded = decoder.rows(case.captured(rows, scores, media_type))
    assert not decoder.faults.counts
    np.testing.assert_allclose(answer_columns(case.contract).scores(decoded), scores)
    expected = problem_of(case.contract).predictions(scores).to_list()
    assert decoded["prediction"].to_list() == (
        expected if case.contract.outcome_categories else pytest.approx(expected)
    )


def test_answers_without_all_scores_are_counted(case: Case) -> None:
    record = case.trained.holdout.select(case.contract.feature_names).to_dicts()[0]
    prediction = (
        {"category": "Other", "scores": {"Other": 1.0}} if case.contract.outcome_categories else {"score": None}
    )
    broken = {"predictions": [prediction], "model_version": "1", "inference_id": "a"}
    decoder = CaptureDecoder(case.contract)
    assert decoder.rows(capture_line(record, broken, at=ASKED)).height == 0
    assert decoder.faults.counts["answers without a usable score"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_rows_like_the_evaluation_violate_nothing(
    kind: MonitorKind, services: FakeServices, case: Case, tmp_path: Path
) -> None:
    rows = case.trained.holdout
    services.capture(case.captured(rows, case.trained.scores(rows)), at=ASKED)
    label(services, case, rows, tmp_path)
    analysis = analyse(kind, services, case, tmp_path)
    assert analysis.is_judged, analysis.notes
    assert not analysis.violations
    assert page(analysis, case.contract)


def test_a_model_that_knows_nothing_violates_the_live_floors(
    services: FakeServices, case: Case, tmp_path: Path
) -> None:
    rows = case.trained.holdout
    scores = case.trained.scores(rows)
    scores = np.roll(scores, 1, axis=1) if case.contract.outcome_categories else np.roll(scores, 7) * 5
    services.capture(case.captured(rows, scores), at=ASKED)
    label(services, case, rows, tmp_path)
    violations = analyse("model-quality", services, case, tmp_path).violations
    assert [one.feature for one in violations] == [case.contract.gates.live[0].metric]
    assert "the contract promises at" in violations[0].description


def test_predictions_that_moved_are_a_drift(services: FakeServices, case: Case, tmp_path: Path) -> None:
    rows = case.trained.holdout
    scores = case.trained.scores(rows)
    moved = np.roll(scores, 1, axis=1) if case.contract.outcome_categories else scores + 5000
    services.capture(case.captured(rows, moved), at=ASKED)
    checks = {(one.feature, one.check) for one in analyse("data-quality", services, case, tmp_path).violations}
    assert ("prediction", "prediction_drift_check") in checks


def test_errors_of_one_group_are_a_bias(services: FakeServices, case: Case, tmp_path: Path) -> None:
    rows = case.trained.holdout
    scores = case.trained.scores(rows).copy()
    of_group = (rows["Region"] == "1").to_numpy()
    if case.contract.outcome_categories:
        scores[of_group] = np.roll(scores[of_group], 1, axis=1)
    else:
        scores[of_group] += 6000
    services.capture(case.captured(rows, scores), at=ASKED)
    label(services, case, rows, tmp_path)
    analysis = analyse("bias", services, case, tmp_path)
    rate = "accuracy" if case.contract.outcome_categories else "mean_absolute_error"
    assert any(one.description.startswith(f"{rate} differs by") for one in analysis.violations)


def test_too_few_labels_are_not_judged(services: FakeServices, case: Case, tmp_path: Path) -> None:
    rows = case.trained.holdout.head(20)
    services.capture(case.captured(rows, case.trained.scores(rows)), at=ASKED)
    label(services, case, rows, tmp_path)
    analysis = analyse("model-quality", services, case, tmp_path)
    assert not analysis.is_judged
    assert VIOLATED not in services.metrics
    assert any("are too few to judge the model" in note for note in analysis.notes)


def test_what_is_no_label_is_counted(services: FakeServices, case: Case, tmp_path: Path) -> None:
    rows = case.trained.holdout.head(3)
    services.capture(case.captured(rows, case.trained.scores(rows)), at=ASKED)
    text = '{"groundTruthData": {"data": "maybe", "encoding": "CSV"}, "eventMetadata": {"eventId": "a"}}\n'
    services.label(text.encode())
    notes = analyse("model-quality", services, case, tmp_path).notes
    expected = "one of New_Visitor" if case.contract.outcome_categories else "a number, at least 0"
    assert any(f"1 labels cannot be read; expected {expected}" in note for note in notes)
