import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.shift import shifts_from
from sagemaker_mlops.runtime.statistics import SKETCH_SIZE, constraints_of, profile_table


def test_the_profile_has_model_monitors_format(sample: pl.DataFrame, contract: Contract) -> None:
    statistics = profile_table(sample, contract)
    assert statistics["dataset"] == {"item_count": 12_330}
    features = {feature["name"]: feature for feature in statistics["features"]}
    pages = features["ProductRelated"]
    assert pages["inferred_type"] == "Integral"
    kll = pages["numerical_statistics"]["distribution"]["kll"]
    assert sum(bucket["count"] for bucket in kll["buckets"]) == 12_330
    assert len(kll["sketch"]["data"][0]) == SKETCH_SIZE
    visitors = features["VisitorType"]["string_statistics"]
    assert visitors["distinct_count"] == 3


def test_constraints_follow_the_contract(contract: Contract) -> None:
    constraints = {feature["name"]: feature for feature in constraints_of(contract)["features"]}
    assert constraints["BounceRates"]["num_constraints"] == {"is_non_negative": True}
    assert "Other" in constraints["VisitorType"]["string_constraints"]["domains"]


def test_data_do_not_differ_from_themselves(sample: pl.DataFrame, contract: Contract) -> None:
    distances = [shift.distance for shift in shifts_from(profile_table(sample, contract), sample)]
    assert len(distances) == len(contract.features)
    assert max(distances) < 2 / SKETCH_SIZE


def test_the_samples_own_drift_is_measured(sample: pl.DataFrame, contract: Contract) -> None:
    """The published distances of August from February to July."""
    month = pl.col("event_time").dt.month()
    baseline = profile_table(sample.filter(month <= 7), contract)
    shifts = {shift.name: shift.distance for shift in shifts_from(baseline, sample.filter(month == 8))}
    assert shifts["Administrative"] == pytest.approx(0.20, abs=0.01)
    assert shifts["Administrative_Duration"] == pytest.approx(0.22, abs=0.01)


def test_a_changed_unit_and_a_new_category_are_far_away(sample: pl.DataFrame, contract: Contract) -> None:
    baseline = profile_table(sample, contract)
    broken = sample.with_columns(pl.col("ExitRates") * 1000, pl.lit("Other").alias("VisitorType"))
    shifts = {shift.name: shift.distance for shift in shifts_from(baseline, broken)}
    assert shifts["ExitRates"] > 0.9
    assert shifts["VisitorType"] > 0.9
