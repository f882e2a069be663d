"""Profile of a table in the format of Model Monitor's `statistics.json` and `constraints.json`.

Formats: AWS, "Schema for Statistics" and "Schema for Constraints" in the SageMaker developer guide.
"""

from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import CategoryFeature, NumericFeature
from sagemaker_mlops.runtime.tallies import NumericTally, Tally

SKETCH_SIZE = 2048
BUCKETS = 10
SCORE = "prediction"


def profile_table(table: pl.DataFrame, contract: Contract) -> dict[str, Any]:
    """Return the statistics of each feature of a typed table, and of the `prediction` column if present."""
    names = [*contract.feature_names, *([SCORE] if SCORE in table.columns else [])]
    return {
        "version": 0,
        "dataset": {"item_count": table.height},
        "features": [profile_column(table[name]) for name in names],
    }


def profile_column(column: pl.Series) -> dict[str, Any]:
    """Return the entry of a column in `statistics.json`."""
    common = {"num_present": len(column) - column.null_count(), "num_missing": column.null_count()}
    if column.dtype.is_numeric():
        kind = "Integral" if column.dtype.is_integer() else "Fractional"
        numerical = {"common": common, **_numbers(column)}
        return {"name": column.name, "inferred_type": kind, "numerical_statistics": numerical}
    strings = {"common": common, **_categories(column.cast(pl.String))}
    return {"name": column.name, "inferred_type": "String", "string_statistics": strings}


def _numbers(column: pl.Series) -> dict[str, Any]:
    values = np.sort(column.drop_nulls().cast(pl.Float64).to_numpy())
    if len(values) == 0:
        return {}
    counts, edges = np.histogram(values, bins=BUCKETS)
    buckets = [
        {"lower_bound": float(low), "upper_bound": float(high), "count": int(count)}
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
    sketch = {"parameters": {"c": 0.64, "k": float(SKETCH_SIZE)}, "data": [_quantile_sample(values).tolist()]}
    return {
        "mean": float(values.mean()),
        "sum": float(values.sum()),
        "std_dev": float(values.std()),
        "min": float(values[0]),
        "max": float(values[-1]),
        "distribution": {"kll": {"buckets": buckets, "sketch": sketch}},
    }


def tally_statistics(tally: Tally, *, is_sensitive: bool) -> dict[str, Any]:
    """Return the entry of a tally in `statistics.json`, without a sample of values.

    The entry of a sensitive column contains only the numbers of present and missing values.
    """
    common = {"num_present": tally.present, "num_missing": tally.missing}
    if is_sensitive:
        return {"name": tally.name, "inferred_type": "Unknown", "string_statistics": {"common": common}}
    if not isinstance(tally, NumericTally):
        buckets = [{"value": value, "count": count} for value, count in sorted(tally.counts.items())]
        categorical = {"distinct_count": len(buckets), "distribution": {"categorical": {"buckets": buckets}}}
        return {"name": tally.name, "inferred_type": "String", "string_statistics": {"common": common, **categorical}}
    numbers: dict[str, Any] = {"common": common}
    if tally.present:
        values = {"mean": tally.mean, "sum": tally.mean * tally.present, "std_dev": tally.deviation}
        numbers |= {**values, "min": tally.minimum, "max": tally.maximum, **_tally_distribution(tally)}
    return {"name": tally.name, "inferred_type": "Fractional", "numerical_statistics": numbers}


def _tally_distribution(tally: NumericTally) -> dict[str, Any]:
    """Return the counts in the baseline's buckets, extended to the minimum and maximum."""
    if tally.baseline is None:
        return {}
    edges = tally.baseline.edges.tolist()
    edges[0], edges[-1] = min(edges[0], tally.minimum), max(edges[-1], tally.maximum)
    counted = zip(edges[:-1], edges[1:], tally.bucket_counts.tolist(), strict=True)
    buckets = [{"lower_bound": low, "upper_bound": high, "count": count} for low, high, count in counted]
    return {"distribution": {"kll": {"buckets": buckets}}}


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


def _categories(column: pl.Series) -> dict[str, Any]:
    counts = column.drop_nulls().alias("value").value_counts(name="count").sort("value")
    buckets = [{"value": value, "count": count} for value, count in counts.rows()]
    return {"distinct_count": counts.height, "distribution": {"categorical": {"buckets": buckets}}}


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
