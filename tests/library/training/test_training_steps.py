"""The training's steps on the whole sample: what they measure, compare and refuse."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from data.sample import load_sample
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.training.holdout import is_held_out

from tests.library.training.training_run import TrainingRun

FIRST, SECOND = ("2025-02", "2025-07"), ("2025-02", "2025-10")
SECRET = "SECRET-VALUE-42"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, months: Path, contract: Contract) -> TrainingRun:
    return TrainingRun(tmp_path_factory.mktemp("first"), months, FIRST, contract).all()


@pytest.fixture(scope="module")
def second(
    tmp_path_factory: pytest.TempPathFactory, months: Path, first: TrainingRun, contract: Contract
) -> TrainingRun:
    return TrainingRun(tmp_path_factory.mktemp("second"), months, SECOND, contract, champion=first).all()


def test_the_first_version_passes_its_gates_without_a_champion(first: TrainingRun) -> None:
    evaluation, gates = first.read("evaluation/evaluation.json"), first.read("evaluation/gates.json")
    assert gates["passed"], gates["reason"]
    assert evaluation["champion"] is None
    assert evaluation["metrics"]["roc_auc"]["value"] == pytest.approx(0.967, abs=0.015)
    assert evaluation["rows"] == pytest.approx(0.2 * 6175, rel=0.1)


def test_the_second_version_is_compared_on_rows_that_neither_saw(first: TrainingRun, second: TrainingRun) -> None:
    evaluation = second.read("evaluation/evaluation.json")
    assert evaluation["champion"]["model_package_arn"] == "arn:champion"
    assert evaluation["champion"]["difference"]["low"] < evaluation["champion"]["difference"]["high"]
    holdout = set(pl.read_parquet(second.folder("holdout") / "holdout.parquet")["record_id"])
    for run in (first, second):
        trained = set(pl.read_parquet(run.folder("train") / "train.parquet")["record_id"])
        assert not trained & holdout
    assert set(pl.read_parquet(first.folder("holdout") / "holdout.parquet")["record_id"]) <= holdout


def test_two_runs_on_the_same_data_give_the_same_bytes(
    tmp_path: Path, months: Path, first: TrainingRun, contract: Contract
) -> None:
    again = TrainingRun(tmp_path, months, FIRST, contract).all()
    for name in ("model/model.txt", "model/encoding.json", "baseline/statistics.json", "lineage/data.json"):
        assert (again.root / name).read_bytes() == (first.root / name).read_bytes(), name


def test_lineage_names_code_data_contract_parameters_parent_and_cause(second: TrainingRun) -> None:
    lineage = second.read("evaluation/lineage.json")
    assert {"git_sha", "image", "trigger", "trigger_id", "contract_sha256", "hyperparameters"} <= set(lineage)
    assert lineage["parent_model"] == "arn:champion"
    assert lineage["data"]["objects"][0]["name"] == "month=2025-02.csv"
    assert all(entry["version_id"] and entry["sha256"] for entry in lineage["data"]["objects"])


def test_sensitive_values_are_in_no_document_for_people(second: TrainingRun, contract: Contract) -> None:
    evaluation = second.read("evaluation/evaluation.json")
    features = {group["feature"] for group in evaluation["fairness"]["groups"]}
    assert not features & contract.sensitive_names


def test_the_gates_refuse_a_model_that_learned_nothing(
    tmp_path: Path, months: Path, first: TrainingRun, contract: Contract
) -> None:
    run = TrainingRun(tmp_path, months, FIRST, contract, champion=first)
    assert (run.validate(), run.prepare()) == (0, 0)
    path = run.folder("train") / "train.parquet"
    rows = pl.read_parquet(path)
    rows.with_columns(rows["Revenue"].shuffle(seed=1)).write_parquet(path)
    assert (run.train(), run.evaluate()) == (0, 0)
    gates = run.read("evaluation/gates.json")
    failed = {gate["name"] for gate in gates["gates"] if not gate["passed"]}
    assert {"floor roc_auc", "champion roc_auc"} <= failed
    assert "promised at least 0.85" in gates["reason"]


def test_the_gates_refuse_a_model_that_is_less_fair_than_promised(first: TrainingRun, contract: Contract) -> None:
    """The sample's model finds buyers among new visitors better than among known ones: .35 apart, .1 promised."""
    limits = tuple(limit.model_copy(update={"maximum_difference": 0.1}) for limit in contract.fairness.limits)
    strict = contract.model_copy(update={"fairness": contract.fairness.model_copy(update={"limits": limits})})
    run = TrainingRun(first.root, first.data, FIRST, strict)
    kept = run.read("evaluation/gates.json")
    assert run.evaluate() == 0
    gates = run.read("evaluation/gates.json")
    (run.root / "evaluation" / "gates.json").write_text(json.dumps(kept))
    assert not gates["passed"]
    assert "fairness true_positive_rate by VisitorType: FAILED" in gates["reason"]


Damage = Callable[[pl.DataFrame], pl.DataFrame]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "missing column": (lambda rows: rows.drop("ExitRates"), "ExitRates: missing_column"),
    "wrong type": (
        lambda rows: rows.with_columns(pl.lit(SECRET).alias("Administrative")),
        "Administrative: wrong_type",
    ),
    "negative duration": (
        lambda rows: rows.with_columns(pl.lit("-5").alias("ProductRelated_Duration")),
        "ProductRelated_Duration: out_of_range",
    ),
    "unknown category": (lambda rows: rows.with_columns(pl.lit(SECRET).alias("Browser")), "Browser: unknown_category"),
    "nulls": (lambda rows: rows.with_columns(pl.lit(None).alias("PageValues")), "PageValues: missing_value"),
    "label missing": (lambda rows: rows.drop("Revenue"), "Revenue: label_missing"),
    "duplicates": (
        lambda rows: rows.with_columns(pl.all().exclude("record_id", "event_time").first()),
        "too_many_duplicates",
    ),
    "repeated ids": (
        lambda rows: rows.with_columns(pl.lit("session-1").alias("record_id")),
        "record_id: repeated_record_id",
    ),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_validate_data_refuses_each_kind_of_bad_data(
    tmp_path: Path, months: Path, kind: str, contract: Contract
) -> None:
    damage, reason = DAMAGES[kind]
    data = tmp_path / "data"
    shutil.copytree(months, data)
    path = data / "month=2025-05.csv"
    damage(pl.read_csv(path, infer_schema=False)).write_csv(path)
    run = TrainingRun(tmp_path / "run", data, FIRST, contract)
    assert run.validate() == 1
    assert reason in run.reason
    report = run.read("validation/validation.json")
    assert not report["passed"]
    assert SECRET not in json.dumps(report) + run.reason + run.printed.getvalue()
    finding = next(finding for finding in report["findings"] if finding["rule"] in reason)
    assert finding["count"] >= 1
    assert {"column", "rows", "file", "expected"} <= set(finding)


@pytest.mark.parametrize(("content", "rule"), [(b"", "empty_file"), (b"\x89PNG\r\n\x1a\n\0\0", "not_a_table")])
def test_validate_data_refuses_what_is_no_csv(
    tmp_path: Path, months: Path, content: bytes, rule: str, contract: Contract
) -> None:
    data = tmp_path / "data"
    shutil.copytree(months, data)
    (data / "month=2025-05.csv").write_bytes(content)
    run = TrainingRun(tmp_path / "run", data, FIRST, contract)
    assert run.validate() == 1
    assert f"month=2025-05.csv: {rule}" in run.reason


def test_validate_data_refuses_a_window_with_too_few_rows(tmp_path: Path, months: Path, contract: Contract) -> None:
    run = TrainingRun(tmp_path, months, ("2025-02", "2025-02"), contract)
    assert run.validate() == 1
    assert "too_few_rows, 184 found" in run.reason


def test_validate_data_refuses_an_empty_window(tmp_path: Path, months: Path, contract: Contract) -> None:
    run = TrainingRun(tmp_path, months, ("2024-01", "2024-12"), contract)
    assert run.validate() == 1
    assert "too_few_rows" in run.reason


def test_validate_data_refuses_a_shifted_distribution(
    tmp_path: Path, months: Path, first: TrainingRun, contract: Contract
) -> None:
    data = tmp_path / "data"
    shutil.copytree(months, data)
    for path in data.iterdir():
        rows = pl.read_csv(path, infer_schema=False)
        rows.with_columns((pl.col("PageValues").cast(pl.Float64) + 5000).cast(pl.String)).write_csv(path)
    run = TrainingRun(tmp_path / "run", data, FIRST, contract, champion=first)
    assert run.validate() == 1
    assert "PageValues: shifted_distribution" in run.reason
    assert run.read("validation/validation.json")["findings"][0]["expected"].startswith(
        "distance from the champion's data"
    )


def test_the_samples_own_drift_does_not_stop_a_retraining(second: TrainingRun) -> None:
    assert second.read("validation/validation.json")["passed"]


def test_an_upload_during_a_run_changes_nothing_in_it(tmp_path: Path, months: Path, contract: Contract) -> None:
    data = tmp_path / "data"
    shutil.copytree(months, data)
    (data / "month=2025-07.csv").unlink()
    run = TrainingRun(tmp_path / "run", data, FIRST, contract)
    assert run.validate() == 0, run.printed.getvalue()
    replaced = data / "month=2025-03.csv"
    replaced.write_text(replaced.read_text().replace(",Returning_Visitor,", ",New_Visitor,", 1))
    shutil.copy(months / "month=2025-07.csv", data)
    assert run.prepare() == 0, run.printed.getvalue()
    objects = {entry["name"]: entry["sha256"] for entry in run.read("lineage/data.json")["objects"]}
    assert "month=2025-07.csv" not in objects
    assert objects["month=2025-03.csv"] == hashlib.sha256((months / "month=2025-03.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("tampered", ["manifest", "content"])
def test_prepare_data_refuses_what_was_not_validated(
    tmp_path: Path, months: Path, contract: Contract, tampered: str
) -> None:
    run = TrainingRun(tmp_path, months, FIRST, contract)
    assert run.validate() == 0
    path = run.folder("versions") / "month=2025-03.csv"
    if tampered == "content":
        path.write_text(path.read_text().replace(",Returning_Visitor,", ",New_Visitor,", 1))
    else:
        (run.folder("versions") / "month=2025-08.csv").write_bytes(path.read_bytes())
        manifest = run.read("manifest/manifest.json")
        manifest["objects"].append({**manifest["objects"][1], "name": "month=2025-08.csv"})
        (run.folder("manifest") / "manifest.json").write_text(json.dumps(manifest))
    assert run.prepare() == 1
    wrong = "month=2025-03.csv" if tampered == "content" else "month=2025-08.csv"
    assert f"expected the data that were validated, found others: {wrong}" in run.reason


def test_prepare_data_refuses_a_holdout_with_one_outcome(tmp_path: Path, contract: Contract) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = (
        load_sample()
        .filter(pl.col("event_time").str.starts_with("2025-02"))
        .with_columns(
            pl.when(pl.col("record_id") == "session-00001")
            .then(pl.lit("TRUE"))
            .otherwise(pl.lit("FALSE"))
            .alias("Revenue")
        )
    )
    rows.write_csv(data / "month=2025-02.csv")
    small = contract.model_copy(update={"dataset": contract.dataset.model_copy(update={"minimum_rows": 10})})
    run = TrainingRun(tmp_path / "run", data, ("2025-02", "2025-02"), small)
    assert run.validate() == 0, run.printed.getvalue()
    assert run.prepare() == 1
    assert "fewer than two different values of Revenue" in run.reason


def test_an_unforeseen_error_says_where_but_not_what(tmp_path: Path, contract: Contract) -> None:
    run = TrainingRun(tmp_path, tmp_path, FIRST, contract)
    (run.folder("train") / "train.parquet").write_bytes(SECRET.encode())
    assert run.step("train_model", train=run.folder("train"), model=run.folder("model")) == 1
    assert "message withheld" in run.reason
    assert SECRET not in run.printed.getvalue() + run.reason


def test_membership_of_the_holdout_never_changes() -> None:
    held_out = [number for number in range(30) if is_held_out(f"session-{number:05d}", 0.2)]
    assert held_out == [0, 5, 7, 14, 21]
    share = sum(is_held_out(f"session-{number}", 0.2) for number in range(20_000)) / 20_000
    assert share == pytest.approx(0.2, abs=0.01)
