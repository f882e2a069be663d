import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.monitors import (
    COMPLETED,
    KINDS,
    LABEL_AGE,
    LATEST_JUDGED_REPORT,
    LATEST_REPORT,
    LATEST_VIOLATION_REPORT,
    ROWS,
    TEST_REQUEST_ID,
    VIOLATED,
)
from sagemaker_mlops.delivery.monitors.put_labels import read_label_file
from sagemaker_mlops.monitoring.analyze import exit_message
from sagemaker_mlops.monitoring.analyzer import Analyzer
from sagemaker_mlops.monitoring.findings import Analysis
from sagemaker_mlops.monitoring.outputs import documents, publish, update_latest_reports, write_report
from sagemaker_mlops.monitoring.services import Services

from tests.library.monitoring.captures import (
    NOW,
    REPORTS,
    FakeServices,
    answer,
    capture_line,
    captured,
    labels_of,
    settings_of,
)
from tests.library.monitoring.conftest import Rows, Trained

ASKED = NOW - timedelta(minutes=30)


def analyse(kind: str, services: FakeServices, contract: Contract, tmp_path: Path, now: datetime = NOW) -> Analysis:
    """Run a monitor to its end: analysis, report, metrics."""
    settings, ours = settings_of(kind, tmp_path), cast(Services, services)
    analysis = Analyzer(settings, ours, contract, now).run()
    address = write_report(settings, ours, analysis, contract)
    publish(settings, ours, analysis)
    update_latest_reports(settings, ours, analysis, address)
    return analysis


@pytest.fixture
def live(services: FakeServices, trained: Trained, contract: Contract) -> Any:
    """Let rows be asked for half an hour ago."""

    def ask(table: pl.DataFrame, version: str = "1") -> None:
        services.capture(captured(table, trained.scores(table), contract, version=version, at=ASKED))

    return ask


def test_rows_like_the_training_data_break_nothing(
    services: FakeServices, live: Any, trained: Trained, contract: Contract, tmp_path: Path
) -> None:
    live(trained.holdout)
    for kind in KINDS:
        analysis = analyse(kind, services, contract, tmp_path)
        assert analysis.violations == []
        assert services.metrics[COMPLETED] == 1.0
    assert exit_message(analysis) == "Completed: Job completed successfully with no violations."


@pytest.mark.parametrize("number", [8, 9, 10])
def test_the_later_months_drift(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path, number: int
) -> None:
    live(month(number))
    analysis = analyse("data-quality", services, contract, tmp_path)
    drifted = {violation.feature for violation in analysis.violations}
    assert {"Administrative", "Administrative_Duration", "prediction"} <= drifted
    assert "SpecialDay" not in drifted, "it follows the calendar"
    assert services.published_at == analysis.end
    assert services.metrics[VIOLATED] == 1.0
    assert exit_message(analysis).startswith("CompletedWithViolations: ")


def test_november_loses_quality_once_labels_arrive(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(11))
    before = analyse("model-quality", services, contract, tmp_path)
    assert before.violations == []
    assert VIOLATED not in services.metrics, "without labels there is no verdict"
    services.label(labels_of(month(11), contract), at=NOW + timedelta(minutes=10))
    after = analyse("model-quality", services, contract, tmp_path, NOW + timedelta(hours=1))
    assert [violation.feature for violation in after.violations] == ["roc_auc"]
    assert services.metrics[VIOLATED] == 1.0


def test_labels_that_come_days_later_find_their_predictions(
    services: FakeServices, trained: Trained, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    table, asked = month(8), NOW - timedelta(days=6)
    services.capture(captured(table, trained.scores(table), contract, at=asked), at=asked)
    services.label(labels_of(table.head(300), contract))
    analysis = analyse("model-quality", services, contract, tmp_path)
    assert "new labels came 6.0 days after their predictions (median)" in analysis.notes
    assert any("300 labelled predictions" in table.title for one in analysis.findings for table in one.tables)


def test_labels_that_never_come_are_told_by_their_age_not_by_quality(
    services: FakeServices, trained: Trained, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    table, asked = month(8), NOW - timedelta(days=contract.label.arrives_after_days + 3)
    services.capture(captured(table, trained.scores(table), contract, at=asked), at=asked)
    analysis = analyse("model-quality", services, contract, tmp_path)
    assert any(note.startswith(f"no labels since {asked:%Y-%m-%d %H:%M} UTC") for note in analysis.notes)
    assert any("0 of 433 predictions (0%) that are older than" in note for note in analysis.notes)
    assert services.metrics[LABEL_AGE] == pytest.approx(24.0 * (contract.label.arrives_after_days + 3))
    assert VIOLATED not in services.metrics


def test_partial_wrong_and_foreign_labels_are_told(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(8))
    foreign = b'{"groundTruthData":{"data":"1"},"eventMetadata":{"eventId":"nobody"}}\n'
    unreadable = b'{"groundTruthData":{"data":"maybe"},"eventMetadata":{"eventId":"x"}}\nnot json\n'
    services.label(labels_of(month(8).head(5), contract) + foreign + unreadable)
    analysis = analyse("model-quality", services, contract, tmp_path)
    assert "1 new labels match no captured prediction" in analysis.notes
    assert any("labels cannot be read" in note for note in analysis.notes)
    assert any("too few to judge the model" in note for note in analysis.notes)


def test_a_corrected_label_counts_as_corrected(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(9))
    wrong = month(9).with_columns(~pl.col(contract.label.name))
    services.label(labels_of(wrong, contract), at=NOW - timedelta(minutes=20))
    services.label(labels_of(month(9), contract), at=NOW - timedelta(minutes=10))
    assert analyse("model-quality", services, contract, tmp_path).violations == []


def test_groups_are_shown_before_after_and_live(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(11))
    services.label(labels_of(month(11), contract))
    analysis = analyse("bias", services, contract, tmp_path)
    tables = [table for one in analysis.findings for table in one.tables]
    assert [table.title for table in tables] == [f"Groups of {name}" for name in contract.fairness.groups]
    assert "positive before training" in tables[0].columns
    assert any(row[0] == "Returning_Visitor" and row[2] for row in tables[0].rows)


def test_a_model_that_misses_one_group_breaks_its_fairness(
    services: FakeServices, trained: Trained, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    table = month(11)
    returning = (table["VisitorType"] == "Returning_Visitor").to_numpy()
    labels = table[contract.label.name].to_numpy()
    services.capture(captured(table, (labels & ~returning).astype(float), contract, at=ASKED))
    services.label(labels_of(table, contract))
    analysis = analyse("bias", services, contract, tmp_path)
    assert any("true_positive_rate differs by 1.000" in str(violation) for violation in analysis.violations)


def test_weights_that_change_places_break_the_promise(
    services: FakeServices, trained: Trained, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    kept = trained.documents["Explainability", "Report"]
    values = kept["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    names = sorted(values, key=lambda name: -values[name])
    turned = dict(zip(names, [values[name] for name in reversed(names)], strict=True))
    report = {"explanations": {"kernel_shap": {"label0": {"global_shap_values": turned}}}}
    services.register("1", {**trained.documents, ("Explainability", "Report"): report}, trained.archive)
    live(month(8))
    analysis = analyse("explainability", services, contract, tmp_path)
    assert ["the features' weights changed" in str(violation) for violation in analysis.violations] == [True]


def test_a_version_is_compared_with_its_own_baseline_and_one_without_says_so(
    services: FakeServices, trained: Trained, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(trained.holdout)
    live(month(9), version="7")
    for kind in KINDS:
        analysis = analyse(kind, services, contract, tmp_path)
        assert analysis.violations == []
        if kind in ("data-quality", "explainability"):
            assert (
                "version 7: the registry has no such version, so there is no baseline to compare with" in analysis.notes
            )
            assert any("several versions answered: 1, 7" in note for note in analysis.notes)


def test_baselines_that_are_gone_or_broken_are_told(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    services.register("1", {("ModelDataQuality", "Statistics"): "no object"})
    live(month(8))
    analyses = {kind: analyse(kind, services, contract, tmp_path) for kind in KINDS}
    assert not any(analysis.violations for analysis in analyses.values())
    notes = analyses["data-quality"].notes
    assert "version 1: its ModelDataQuality baseline is not there or cannot be read" in notes
    assert "version 1: no column has a baseline, so nothing was tested for drift" in notes


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_window_is_complete_and_has_no_verdict(
    services: FakeServices, contract: Contract, tmp_path: Path, kind: str
) -> None:
    analysis = analyse(kind, services, contract, tmp_path)
    assert "no requests in this window" in analysis.notes
    assert services.metrics[COMPLETED] == 1.0
    assert services.metrics[ROWS] == 0.0
    assert VIOLATED not in services.metrics


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_of_garbage_is_told_and_never_crashes(
    services: FakeServices, contract: Contract, tmp_path: Path, kind: str
) -> None:
    services.capture(b"garbage\n{}\n[]\nnull\n" + capture_line({}, "nothing", at=ASKED), at=ASKED)
    services.label(b"garbage\n{}\n")
    analysis = analyse(kind, services, contract, tmp_path)
    assert any("corrupt lines" in note for note in analysis.notes)
    assert "no request in this window could be used" in analysis.notes


def test_refused_requests_break_the_contract_when_they_are_many(
    services: FakeServices, live: Any, trained: Trained, contract: Contract, tmp_path: Path
) -> None:
    live(trained.holdout.sample(400, seed=1))
    refusals = [capture_line({"ProductRelated": "many"}, {"error": "no"}, at=ASKED) for _ in range(80)]
    services.capture(b"".join(refusals), at=ASKED)
    violations = analyse("data-quality", services, contract, tmp_path).violations
    assert ["80 of 480 requests were refused" in str(violation) for violation in violations] == [True]


def test_clocks_that_are_wrong_are_told(
    services: FakeServices, trained: Trained, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    table, ahead = month(8), NOW + timedelta(hours=3)
    services.capture(captured(table, trained.scores(table), contract, at=ahead), at=ASKED)
    analysis = analyse("data-quality", services, contract, tmp_path)
    assert "433 requests with an impossible time; check the clock of the instance" in analysis.notes


def test_what_is_captured_late_is_in_the_window_in_which_it_came(
    services: FakeServices, trained: Trained, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    """Made before the last window ended, written after it: it is in this one, and in no other."""
    table = month(8)
    made, written = NOW - timedelta(minutes=1), NOW + timedelta(minutes=5)
    services.capture(captured(table, trained.scores(table), contract, at=made), at=written)
    windows = [analyse("data-quality", services, contract, tmp_path, NOW + timedelta(hours=hour)) for hour in range(3)]
    assert [analysis.rows for analysis in windows] == [0, 433, 0]


def test_numbers_beyond_all_measure_are_counted_and_written(
    services: FakeServices, trained: Trained, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    table = month(8).with_columns(pl.lit(1e308).alias("PageValues"))
    services.capture(captured(table, trained.scores(table), contract, at=ASKED), at=ASKED)
    analyse("data-quality", services, contract, tmp_path)
    assert services.metrics[VIOLATED] == 1.0


def test_a_version_that_was_replaced_is_not_judged_again(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(11), version="1")
    services.label(labels_of(month(11), contract))
    assert analyse("model-quality", services, contract, tmp_path).violations
    services.register("2", {})
    later = NOW + timedelta(minutes=20)
    table = month(8)
    services.capture(captured(table, table[contract.label.name].cast(pl.Float64), contract, version="2"), at=later)
    services.label(labels_of(table, contract), at=later)
    analysis = analyse("model-quality", services, contract, tmp_path, NOW + timedelta(hours=1))
    assert {one.version for one in analysis.findings if one.version} == {"2"}
    assert analysis.violations == []


@pytest.mark.parametrize("archive", [b"no archive", b"\x1f\x8b\x08truncated"])
def test_a_model_that_cannot_be_loaded_is_told(
    services: FakeServices, trained: Trained, live: Any, month: Rows, contract: Contract, tmp_path: Path, archive: bytes
) -> None:
    services.register("1", trained.documents, archive)
    live(month(8))
    analysis = analyse("explainability", services, contract, tmp_path)
    assert any("cannot be loaded by this image" in note for note in analysis.notes)
    assert VIOLATED not in services.metrics


def test_groups_with_hardly_any_labels_give_no_verdict(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(8))
    services.label(labels_of(month(8).head(20), contract))
    analyse("bias", services, contract, tmp_path)
    assert VIOLATED not in services.metrics


def test_a_label_matches_the_id_that_the_caller_gave(
    services: FakeServices, trained: Trained, contract: Contract, tmp_path: Path
) -> None:
    """`order 4711` is legal for SageMaker; an older server answered with an id of its own instead."""
    record = trained.holdout.select(contract.feature_names).to_dicts()[0]
    services.capture(capture_line(record, answer(0.1, inference_id="made"), at=ASKED, given_id="order 4711"), at=ASKED)
    (tmp_path / "labels.csv").write_text("order,paid\norder 4711,true\n", encoding="utf-8")
    services.label(read_label_file(tmp_path / "labels.csv", "order", "paid", contract.label).content)
    analysis = analyse("model-quality", services, contract, tmp_path)
    assert analysis.rows == 1
    assert not [note for note in analysis.notes if "belong to no captured prediction" in note]


def test_neither_a_shadow_nor_the_tests_of_a_release_are_counted(
    services: FakeServices, trained: Trained, contract: Contract, tmp_path: Path
) -> None:
    table = trained.holdout.head(100)
    services.capture(captured(table, trained.scores(table), contract, at=ASKED), at=ASKED, variant="Shadow")
    record = table.select(contract.feature_names).to_dicts()[0]
    services.capture(capture_line(record, answer(0.1, inference_id=f"{TEST_REQUEST_ID}1"), at=ASKED), at=ASKED)
    assert analyse("data-quality", services, contract, tmp_path).rows == 0


def test_the_next_window_begins_where_the_last_one_ended(
    services: FakeServices, contract: Contract, tmp_path: Path
) -> None:
    """A run that was missed leaves no gap."""
    settings, ours = settings_of("data-quality", tmp_path), cast(Services, services)
    first = Analyzer(settings, ours, contract, NOW - timedelta(hours=5))
    assert first.start == NOW - timedelta(hours=6)
    update_latest_reports(settings, ours, first.run(), "s3://report")
    assert (Analyzer(settings, ours, contract, NOW).start, first.end) == (first.end, NOW - timedelta(hours=5))
    services.contents[f"{REPORTS}/data-quality/{LATEST_REPORT}"] = b"broken"
    assert Analyzer(settings, ours, contract, NOW).start == NOW - timedelta(hours=1)


def test_the_files_are_model_monitors_and_the_newest_are_known(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    live(month(9))
    analysis = analyse("data-quality", services, contract, tmp_path)
    files = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert {"statistics.json", "constraints.json", "constraint_violations.json", "report.html"} <= files.keys()
    violations = json.loads(files["constraint_violations.json"])["violations"]
    assert len(violations) == len(analysis.violations)
    assert {entry["constraint_check_type"] for entry in violations} >= {
        "baseline_drift_check",
        "prediction_drift_check",
    }
    assert json.loads(files["statistics.json"])["dataset"] == {"item_count": 448}
    for name in (LATEST_REPORT, LATEST_JUDGED_REPORT, LATEST_VIOLATION_REPORT):
        assert f"{REPORTS}/data-quality/{name}" in services.contents


def test_no_value_of_a_sensitive_feature_is_shown(
    services: FakeServices, live: Any, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    """Everybody comes with a browser that the contract does not know."""
    live(month(9).with_columns(pl.lit("secret-browser").alias("Browser"), pl.lit("5").alias("OperatingSystems")))
    analysis = analyse("data-quality", services, contract, tmp_path)
    assert {"Browser", "OperatingSystems"} <= {violation.feature for violation in analysis.violations}
    assert not any("secret-browser" in content for content in documents(analysis, contract).values())
    assert "Browser" not in {chart.title for one in analysis.findings for chart in one.histograms}
    assert "TrafficType" in {chart.title for one in analysis.findings for chart in one.histograms}
