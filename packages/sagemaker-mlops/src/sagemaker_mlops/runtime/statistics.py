"""Profile of a table in the format of Model Monitor's `statistics.json` and `constraints.json`.

Formats: AWS, "Schema for Statistics" and "Schema for Constraints" in the SageMaker developer guide.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.baseline_documents import (
    CategoryBucket,
    CategoryStatistics,
    ColumnStatistics,
    NumberBucket,
    NumberDistribution,
    NumberStatistics,
    Sketch,
    StatisticsDocument,
    ValueCounts,
)
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import CategoryFeature, NumericFeature
from sagemaker_mlops.runtime.tallies import NumericBaseline, NumericTally, Tally

SKETCH_SIZE = 2048
BUCKETS = 10
SCORE = "prediction"


def profile_table(table: pl.DataFrame, contract: Contract) -> StatisticsDocument:
    """Return the statistics of each feature of a typed table, and of the `prediction` column if present."""
    names = [*contract.feature_names, *([SCORE] if SCORE in table.columns else [])]
    return {
        "version": 0,
        "dataset": {"item_count": table.height},
        "features": [profile_column(table[name]) for name in names],
    }


def profile_column(column: pl.Series) -> ColumnStatistics:
    """Return the entry of a column in `statistics.json`."""
    common: ValueCounts = {"num_present": len(column) - column.null_count(), "num_missing": column.null_count()}
    if column.dtype.is_numeric():
        return {
            "name": column.name,
            "inferred_type": "Integral" if column.dtype.is_integer() else "Fractional",
            "numerical_statistics": _numbers(column, common),
        }
    return {
        "name": column.name,
        "inferred_type": "String",
        "string_statistics": _categories(column.cast(pl.String), common),
    }


def _numbers(column: pl.Series, common: ValueCounts) -> NumberStatistics:
    values = np.sort(column.drop_nulls().cast(pl.Float64).to_numpy())
    if len(values) == 0:
        return {"common": common}
    counts, edges = np.histogram(values, bins=BUCKETS)
    buckets: list[NumberBucket] = [
        {"lower_bound": float(low), "upper_bound": float(high), "count": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    sketch: Sketch = {"parameters": {"c": 0.64, "k": float(SKETCH_SIZE)}, "data": [_quantile_sample(values).tolist()]}
    return {
        "common": common,
        "mean": float(values.mean()),
        "sum": float(values.sum()),
        "std_dev": float(values.std()),
        "min": float(values[0]),
        "max": float(values[-1]),
        "distribution": {"kll": {"buckets": buckets, "sketch": sketch}},
    }


def tally_statistics(tally: Tally, *, is_sensitive: bool) -> ColumnStatistics:
    """Return the entry of a tally in `statistics.json`, without a sample of values.

    The entry of a sensitive column contains only the numbers of present and missing values.
    """
    common: ValueCounts = {"num_present": tally.present, "num_missing": tally.missing}
    if is_sensitive:
        return {"name": tally.name, "inferred_type": "Unknown", "string_statistics": {"common": common}}
    if not isinstance(tally, NumericTally):
        counts = sorted(tally.counts.items())
        return {"name": tally.name, "inferred_type": "String", "string_statistics": _counted(counts, common)}
    numbers: NumberStatistics = {"common": common}
    if tally.present:
        numbers["mean"], numbers["sum"] = tally.mean, tally.mean * tally.present
        numbers["std_dev"], numbers["min"], numbers["max"] = tally.deviation, tally.minimum, tally.maximum
        if tally.baseline is not None:
            numbers["distribution"] = _tally_distribution(tally, tally.baseline)
    return {"name": tally.name, "inferred_type": "Fractional", "numerical_statistics": numbers}


def _tally_distribution(tally: NumericTally, baseline: NumericBaseline) -> NumberDistribution:
    """Return the counts in the baseline's buckets, extended to the minimum and maximum."""
    edges = baseline.edges.tolist()
    edges[0], edges[-1] = min(edges[0], tally.minimum), max(edges[-1], tally.maximum)
    counted = zip(edges[:-1], edges[1:], tally.bucket_counts.tolist(), strict=True)
    return {
        "kll": {"buckets": [{"lower_bound": low, "upper_bound": high, "count": count} for low, high, count in counted]}
    }


def _quantile_sample(ordered: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return at most SKETCH_SIZE values at evenly spaced ranks.

    The distribution of the sample differs from that of all values by at most 1 / SKETCH_SIZE.

    Args:
        ordered: all values, sorted.
    """
    if len(ordered) <= SKETCH_SIZE:
        return ordered
    ranks = (np.arange(SKETCH_SIZE) + 0.5) * len(ordered) / SKETCH_SIZE
    return ordered[ranks.astype(np.int64)]


def _categories(column: pl.Series, common: ValueCounts) -> CategoryStatistics:
    counts = column.drop_nulls().alias("value").value_counts(name="count").sort("value")
    return _counted(counts.rows(), common)


def _counted(counts: Sequence[tuple[str, int]], common: ValueCounts) -> CategoryStatistics:
    buckets: list[CategoryBucket] = [{"value": value, "count": count} for value, count in counts]
    return {
        "common": common,
        "distinct_count": len(buckets),
        "distribution": {"categorical": {"buckets": buckets}},
    }


def constraints_of(contract: Contract) -> dict[str, Any]:
    """Return the content of `constraints.json` for a contract, against which a monitor checks live data."""
    return {
        "version": 0,
        "features": [_constraint(feature) for feature in contract.features],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": contract.drift.minimum_effect,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": contract.drift.minimum_effect,
                "categorical_drift_method": "LInfinity",
            },
        },
    }


def _constraint(feature: Any) -> dict[str, Any]:
    completeness = 1.0 - feature.maximum_null_fraction
    if isinstance(feature, NumericFeature):
        kind = "Integral" if feature.type == "integer" else "Fractional"
        non_negative = feature.minimum is not None and feature.minimum >= 0
        numbers = {"num_constraints": {"is_non_negative": non_negative}}
        return {"name": feature.name, "inferred_type": kind, "completeness": completeness, **numbers}
    domains = list(feature.categories) if isinstance(feature, CategoryFeature) else ["true", "false"]
    strings = {"string_constraints": {"domains": domains}}
    return {"name": feature.name, "inferred_type": "String", "completeness": completeness, **strings}
