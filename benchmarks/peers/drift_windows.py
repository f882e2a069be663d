"""Windows of the sample, with the results of the monitors and of Model Monitor's rule for each.

Runs inside a generated project. The windows are written to Parquet files, so that other tools check the same rows. The
results are written to verdicts.json.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from data.sample import load_sample
from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.contract.data_checks import check_table
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.capture_records import CaptureDecoder
from sagemaker_mlops.monitoring.data_quality import DataQuality
from sagemaker_mlops.monitoring.labels import LABEL
from sagemaker_mlops.monitoring.model_quality import judge_quality
from sagemaker_mlops.runtime.drift import column_distance
from sagemaker_mlops.runtime.model_interface import project_model
from sagemaker_mlops.runtime.statistics import SCORE, profile_column, profile_table
from sagemaker_mlops.runtime.tallies import CategoryTally, baseline_of, tally_of
from sagemaker_mlops.training.holdout import split

WINDOWS, SHIFTED_WINDOWS, LABELLED_WINDOWS, ROWS, SEED = 1000, 100, 50, 400, 20_250_801
# Model Monitor's default threshold, and the correction for small samples ("Robust") of Deequ, which it is based on:
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
MONITOR_THRESHOLD, ROBUST = 0.1, 1.8


class DriftScenario:
    """Model of the months from February to July, with its baseline and the rows to draw windows from."""

    def __init__(self) -> None:
        self.contract: Contract = load_contract()
        self.sample = check_table(load_sample(), self.contract).table
        month = pl.col("event_time").dt.month()
        dataset = self.contract.dataset
        rows, held_out = split(self.sample.filter(month <= 7), dataset.record_id, dataset.holdout_fraction)
        names, labels = self.contract.feature_names, rows[self.contract.label.name].to_numpy()
        self.model = project_model().train(
            rows.select(names), labels, self.contract.category_names, self.contract.outcome_categories
        )
        self.reference, self.held_out = self.scored(held_out), self.scored(held_out)
        self.training = self.scored(rows)
        quality = {"features": [profile_column(self.reference[SCORE])]}
        self.baseline = VersionBaseline("1", data=profile_table(rows, self.contract), quality=quality)
        self.schema = CaptureDecoder(self.contract).row_schema

    def scored(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return the features in the types of captured requests, with the score and the label."""
        types = CaptureDecoder(self.contract).row_schema
        features = table.select(self.contract.feature_names).cast({n: types[n] for n in self.contract.feature_names})
        return features.with_columns(
            pl.Series(SCORE, self._scores(table)),
            table[self.contract.label.name].alias(LABEL),
        )

    def _scores(self, table: pl.DataFrame) -> Any:
        return self.model.predict(table.select(self.contract.feature_names))

    def month(self, number: int) -> pl.DataFrame:
        """Return the scored rows of a month."""
        return self.scored(self.sample.filter(pl.col("event_time").dt.month() == number))

    def rescored(self, window: pl.DataFrame) -> pl.DataFrame:
        """Return a window with changed features and the scores for them."""
        return window.with_columns(pl.Series(SCORE, self._scores(window)))

    def verdicts(self, windows: list[pl.DataFrame]) -> dict[str, list[bool]]:
        """Return which windows raise an alarm, by rule.

        The rules are data quality, model quality (with labels) and the rule of Model Monitor.
        """
        return {
            "ours": [self.data_alarms(window) for window in windows],
            "ours, labels": [self.quality_alarms(window) for window in windows[:LABELLED_WINDOWS]],
            "model monitor": [self.monitor_alarms(window) for window in windows],
        }

    def data_alarms(self, window: pl.DataFrame) -> bool:
        """Return True if the data quality monitor finds a violation."""
        ours = DataQuality(self.contract, "1", self.baseline, self.schema)
        ours.add(window)
        return bool(ours.findings().violations)

    def quality_alarms(self, window: pl.DataFrame) -> bool:
        """Return True if the model quality monitor finds a violation, given the labels."""
        return bool(judge_quality(window, self.baseline, self.contract).violations)

    def monitor_alarms(self, window: pl.DataFrame) -> bool:
        """Return True if the robust distance of any column exceeds Model Monitor's default threshold."""
        return any(self._monitor_distance(feature, window) > MONITOR_THRESHOLD for feature in self.baseline.features)

    def _monitor_distance(self, feature: dict[str, Any], window: pl.DataFrame) -> float:
        column = window[feature["name"]]
        tally = tally_of(feature["name"], column.dtype, baseline_of(feature))
        tally.add(column)
        if tally.baseline is None:
            return 0.0
        if isinstance(tally, CategoryTally):
            known = tally.baseline.counts
            distance = max(
                abs(known.get(name, 0) / tally.baseline.rows - tally.counts.get(name, 0) / tally.present)
                for name in known.keys() | tally.counts.keys()
            )
        else:
            distance = column_distance(tally) or 0.0
        rows = tally.baseline.rows * tally.present / (tally.baseline.rows + tally.present)
        return distance - ROBUST / float(np.sqrt(rows))


def shifts(story: DriftScenario) -> dict[str, Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]]:
    """Return known changes of a window by name."""
    deviation = float(story.training["ProductRelated_Duration"].std())  # type: ignore[arg-type]  # numbers only

    def shuffled(window: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
        order = generator.permutation(window.height)
        return story.rescored(window.with_columns(window["PageValues"][order]))

    def buyers(window: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
        weights = np.where(window[LABEL].to_numpy(), 5.0, 1.0)
        return window[generator.choice(window.height, window.height, p=weights / weights.sum())]

    def turned(window: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
        flips = pl.Series(generator.random(window.height) < 0.2)
        return window.with_columns(pl.when(flips).then(~pl.col(LABEL)).otherwise(pl.col(LABEL)).alias(LABEL))

    def one_source(window: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
        moved = pl.Series(generator.random(window.height) < 0.3)
        source = pl.when(moved).then(pl.lit("20")).otherwise(pl.col("TrafficType"))
        return story.rescored(window.with_columns(source.alias("TrafficType")))

    mean = pl.col("ProductRelated_Duration") + deviation / 2
    centre = pl.col("ProductRelated_Duration").mean()
    spread = (centre + (pl.col("ProductRelated_Duration") - centre) * 2).clip(lower_bound=0)
    return {
        "mean (half a deviation)": lambda window, _: story.rescored(window.with_columns(mean)),
        "variance (doubled spread)": lambda window, _: story.rescored(window.with_columns(spread)),
        "category (30 % from one source)": one_source,
        "correlation (one column shuffled)": shuffled,
        "prior (five times the buyers)": buyers,
        "concept (20 % of labels turned)": turned,
    }


def cases(story: DriftScenario) -> Iterator[tuple[str, list[pl.DataFrame]]]:
    """Yield windows by name: without drift, the sample's own months, and with known changes."""
    generator = np.random.default_rng(SEED)

    def drawn() -> pl.DataFrame:
        return story.held_out[generator.choice(story.held_out.height, ROWS, replace=False)]

    yield "none (February to July)", [drawn() for _ in range(WINDOWS)]
    for number, name in ((8, "August"), (9, "September"), (10, "October"), (11, "November"), (12, "December")):
        yield name, [story.month(number)]
    for name, change in shifts(story).items():
        yield name, [change(drawn(), generator) for _ in range(SHIFTED_WINDOWS)]


def main(directory: Path) -> None:
    """Write windows and results."""
    story = DriftScenario()
    directory.mkdir(parents=True, exist_ok=True)
    story.training.drop(LABEL).write_parquet(directory / "reference.parquet")
    found: dict[str, dict[str, list[bool]]] = {}
    for position, (name, windows) in enumerate(cases(story)):
        tagged = [window.with_columns(pl.lit(number).alias("window")) for number, window in enumerate(windows)]
        pl.concat(tagged).write_parquet(directory / f"case-{position:02d}.parquet")
        found[name] = story.verdicts(windows)
        print(f"  {name}: {len(windows):,} windows", flush=True)
    (directory / "verdicts.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
