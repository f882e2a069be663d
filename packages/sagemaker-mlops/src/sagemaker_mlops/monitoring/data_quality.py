"""Data quality monitor: checks requests against the contract and for drift from the training data."""

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import CategoryFeature, Feature, NumericFeature
from sagemaker_mlops.contract.monitors import LARGEST_DRIFT
from sagemaker_mlops.monitoring.baselines import VersionBaseline
from sagemaker_mlops.monitoring.findings import (
    CATEGORIES,
    COMPLETENESS,
    DRIFT,
    PREDICTION_DRIFT,
    RANGE,
    Findings,
    Histogram,
    Table,
    Violation,
)
from sagemaker_mlops.runtime.drift import MINIMUM_ROWS, ColumnDrift, column_drift, judge
from sagemaker_mlops.runtime.statistics import SCORE, tally_statistics
from sagemaker_mlops.runtime.tallies import CategoryTally, NumericTally, Tally, baseline_of, tally_of

MAXIMUM_BARS, MOST_BUCKETS = 12, 8


class DataQuality:
    """Data quality of the requests of one version, counted piece by piece and then checked."""

    def __init__(self, contract: Contract, version: str, baseline: VersionBaseline, schema: pl.Schema) -> None:
        self._contract, self._version, self._baseline = contract, version, baseline
        entries = {feature["name"]: feature for feature in baseline.features}
        self._tallies: dict[str, Tally] = {
            name: tally_of(name, schema[name], baseline_of(entries[name]) if name in entries else None)
            for name in (*contract.feature_names, SCORE)
        }
        self.rows = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Count a piece of the window."""
        self.rows += rows.height
        for name, tally in self._tallies.items():
            tally.add(rows[name])

    def findings(self) -> Findings:
        """Check what was counted."""
        found = Findings(self._version, notes=list(self._baseline.notes))
        for feature in self._contract.features:
            found.violations += self._constraint_violations(feature, self._tallies[feature.name])
        drifts = self._drifts(found)
        found.judged = bool(drifts)
        found.violations += [self._drift_violation(drift) for drift in drifts if drift.drifted]
        found.metrics[LARGEST_DRIFT] = max((drift.distance for drift in drifts), default=0.0)
        found.tables.append(self._table(drifts))
        found.histograms += self._histograms(drifts)
        found.statistics = {
            "version": 0,
            "dataset": {"item_count": self.rows},
            "features": [
                tally_statistics(tally, is_sensitive=name in self._contract.sensitive_names)
                for name, tally in self._tallies.items()
            ],
        }
        return found

    def _constraint_violations(self, feature: Feature, tally: Tally) -> list[Violation]:
        """Return the violations of completeness, range and categories.

        The server refuses most such requests, but the serving image may have an older contract than this job.
        """
        name, total = feature.name, tally.present + tally.missing
        found = []
        if total and tally.missing / total > feature.maximum_null_fraction:
            share, allowed = tally.missing / total, feature.maximum_null_fraction
            text = f"{name} is missing in {share:.1%} of the requests, the contract allows {allowed:.1%}"
            found.append(Violation(COMPLETENESS, text, name, self._version))
        if isinstance(feature, NumericFeature) and isinstance(tally, NumericTally) and tally.present:
            low, high = feature.minimum, feature.maximum
            if (low is not None and tally.minimum < low) or (high is not None and tally.maximum > high):
                text = f"{name} is outside the range in the contract"
                shown = "" if feature.sensitive else f": found {tally.minimum:g} to {tally.maximum:g}"
                found.append(Violation(RANGE, text + shown, name, self._version))
        if isinstance(feature, CategoryFeature) and isinstance(tally, CategoryTally):
            known = feature.categories
            unknown = {category: count for category, count in tally.counts.items() if category not in known}
            if unknown:
                number = f"{sum(unknown.values()):,} requests"
                text = f"{name} has {len(unknown)} categories that are not in the contract, in {number}"
                found.append(Violation(CATEGORIES, text, name, self._version))
        return found

    def _drifts(self, found: Findings) -> list[ColumnDrift]:
        """Test every column for drift, except columns without a baseline and calendar-bound features."""
        calendar = {feature.name for feature in self._contract.features if feature.calendar_bound}
        tested = [tally for name, tally in self._tallies.items() if name not in calendar]
        drifts = [drift for tally in tested if (drift := column_drift(tally)) is not None]
        if self.rows < MINIMUM_ROWS:
            found.notes.append(f"{self.rows} requests are too few to test for drift; at least {MINIMUM_ROWS}")
        elif not drifts:
            found.notes.append("no column has a baseline, so nothing was tested for drift")
        return judge(drifts, self._contract.drift)

    def _drift_violation(self, drift: ColumnDrift) -> Violation:
        check, name = (PREDICTION_DRIFT, "the predictions") if drift.name == SCORE else (DRIFT, drift.name)
        text = f"{name} drifted: distance {drift.distance:.2f} from the baseline, p {_p(drift.p_value)}"
        return Violation(check, text, drift.name, self._version)

    def _table(self, drifts: list[ColumnDrift]) -> Table:
        limits = self._contract.drift
        rows = tuple((d.name, f"{d.distance:.3f}", _p(d.p_value), "drifted" if d.drifted else "") for d in drifts)
        return Table(
            "Drift from the baseline",
            ("column", "distance", "p, corrected", ""),
            rows,
            frozenset(position for position, drift in enumerate(drifts) if drift.drifted),
            f"A column has drifted if its distance (0 to 1) is at least {limits.minimum_effect:g} and chance gives "
            f"that less often than {limits.significance:g}, over all columns. Numbers: Kolmogorov-Smirnov. "
            "Categories: total variation, tested by chi-squared.",
        )

    def _histograms(self, drifts: list[ColumnDrift]) -> list[Histogram]:
        """Return the distributions of the drifted columns, without sensitive features."""
        shown = [drift.name for drift in drifts if drift.drifted and drift.name not in self._contract.sensitive_names]
        return [histogram for name in shown if (histogram := _histogram(self._tallies[name])) is not None]


def _histogram(tally: Tally) -> Histogram | None:
    if isinstance(tally, NumericTally):
        return _numeric_histogram(tally)
    known = tally.baseline.counts if tally.baseline else {}
    largest = sorted(known.keys() | tally.counts.keys(), key=lambda n: -max(known.get(n, 0), tally.counts.get(n, 0)))
    names = tuple(sorted(largest[:MAXIMUM_BARS]))
    return Histogram(
        tally.name,
        names,
        tuple(known.get(name, 0) / max(1, sum(known.values())) for name in names),
        tuple(tally.counts.get(name, 0) / max(1, tally.present) for name in names),
    )


def _numeric_histogram(tally: NumericTally) -> Histogram | None:
    """Return a histogram with buckets of equal shares of the baseline, as far as its values are distinct.

    Equal shares suit most columns, because most are skewed.
    """
    if tally.baseline is None or tally.present == 0:
        return None
    distinct = tally.baseline.distinct
    wanted = np.quantile(tally.baseline.points, np.arange(1, MOST_BUCKETS) / MOST_BUCKETS, method="lower")
    cuts = np.unique(np.searchsorted(distinct, wanted))
    before = np.diff(tally.baseline.cumulative_shares[cuts], prepend=0.0, append=1.0)
    now = np.diff(tally.through[cuts] / tally.present, prepend=0.0, append=1.0)
    ends = [f"{value:,.4g}" for value in distinct[cuts]]
    names = [f"up to {ends[0]}", *(f"to {end}" for end in ends[1:]), f"above {ends[-1]}"]
    return Histogram(tally.name, tuple(names), tuple(before.tolist()), tuple(now.tolist()))


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"
