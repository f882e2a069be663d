"""The story of the sample, in numbers: false alarms before August, and what a retraining is worth afterwards."""

from pathlib import Path

import numpy as np
import polars as pl
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.capture_records import CaptureDecoder
from sagemaker_mlops.monitoring.data_quality import DataQuality
from sagemaker_mlops.runtime.intervals import paired_difference
from sagemaker_mlops.runtime.problem import problem_of
from sagemaker_mlops.runtime.statistics import SCORE

from tests.library.monitoring.conftest import Rows, Trained, trained_on

WINDOWS, WINDOW_ROWS, MOST_ALARMS = 1000, 400, 10


def test_windows_of_before_august_raise_no_alarm(trained: Trained, contract: Contract) -> None:
    documents = trained.documents
    baseline = VersionBaseline(
        "1", data=documents["ModelDataQuality", "Statistics"], quality=documents["ModelQuality", "Statistics"]
    )
    schema = CaptureDecoder(contract).row_schema
    rows = trained.holdout.with_columns(pl.Series(SCORE, trained.scores(trained.holdout)))
    rows = rows.select([*contract.feature_names, SCORE]).cast({name: schema[name] for name in contract.feature_names})
    generator, alarms = np.random.default_rng(7), 0
    for _ in range(WINDOWS):
        quality = DataQuality(contract, "1", baseline, schema)
        quality.add(rows[generator.choice(rows.height, WINDOW_ROWS, replace=False)])
        alarms += bool(quality.findings().violations)
    assert alarms < MOST_ALARMS


def test_a_retraining_is_worth_it_in_november_and_costs_nothing_in_december(
    trained: Trained, sample: pl.DataFrame, month: Rows, contract: Contract, tmp_path: Path
) -> None:
    """The challenger saw half of November; it is compared on the other half, and on December."""
    november = month(11).sample(fraction=1, shuffle=True, seed=3)
    seen, unseen = november[: november.height // 2], november[november.height // 2 :]
    until_october = sample.filter(pl.col("event_time").dt.month() <= 10)
    challenger = trained_on(pl.concat([until_october, seen]), contract, tmp_path)

    def difference(table: pl.DataFrame) -> tuple[float, float, float]:
        labels = table[contract.label.name].to_numpy()
        scores = challenger.scores(table), trained.scores(table)
        found = paired_difference(problem_of(contract), "roc_auc", labels, *scores, confidence=0.95)
        return found.low, found.value, found.high

    low, value, _ = difference(unseen)
    assert low > 0
    assert value > 0.02
    _, _, high = difference(month(12))
    assert high > 0, "not significantly worse"
