"""Where drift begins: the two limits, the correction for many columns, and the pooling of rare categories."""

from collections.abc import Mapping

import polars as pl
import pytest
from sagemaker_mlops.contract.limits import Drift
from sagemaker_mlops.runtime.drift import MINIMUM_ROWS, ColumnDrift, column_distance, column_drift, judge
from sagemaker_mlops.runtime.tallies import CategoryBaseline, CategoryTally, Tally, tally_of
from scipy import stats

from tests.library.runtime.test_drift import tally

LIMITS = Drift(minimum_effect=0.15, significance=0.01)


def categories(baseline: Mapping[str, int], window: Mapping[str, int]) -> CategoryTally:
    return CategoryTally("x", CategoryBaseline(dict(baseline)), counts=dict(window))


def p_value_of(*table: tuple[int, ...]) -> float:
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def found_drift(compared: Tally) -> ColumnDrift:
    drift = column_drift(compared)
    assert drift is not None
    return drift


@pytest.mark.parametrize(
    ("distance", "p_value", "drifted"),
    [
        (0.15, 0.0099, True),
        (0.15, 0.01, False),
        (0.1499, 0.0099, False),
        (0.1501, 0.0101, False),
        (1.0, 0.0, True),
    ],
)
def test_a_column_drifts_from_the_minimum_effect_and_below_the_significance(
    distance: float, p_value: float, drifted: bool
) -> None:
    (judged,) = judge([ColumnDrift("x", distance, p_value, 400)], LIMITS)
    assert judged == ColumnDrift("x", distance, p_value, 400, drifted)


def test_a_second_column_is_corrected_for_one_column_less() -> None:
    judged = judge([ColumnDrift("a", 0.3, 0.003, 400), ColumnDrift("b", 0.3, 0.009, 400)], LIMITS)
    assert [(drift.name, drift.p_value, drift.drifted) for drift in judged] == [("a", 0.006, True), ("b", 0.009, True)]


def test_a_probability_stays_one() -> None:
    judged = judge([ColumnDrift(name, 0.3, 0.6, 400) for name in "abc"], LIMITS)
    assert [drift.p_value for drift in judged] == [1.0] * 3


def test_the_farthest_column_comes_first() -> None:
    drifts = [ColumnDrift("near", 0.1, 0.2, 70), ColumnDrift("far", 0.9, 0.5, 60), ColumnDrift("between", 0.5, 0.1, 50)]
    assert [(drift.name, drift.rows) for drift in judge(drifts, LIMITS)] == [("far", 60), ("between", 50), ("near", 70)]


@pytest.mark.parametrize(
    ("baseline", "window", "distance"),
    [
        ([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0], 0.5),
        ([1.0, 2.0, 3.0, 4.0], [9.0], 1.0),
        (["a", "b"], ["b"], 0.5),
        (["a"], ["b"], 1.0),
    ],
)
def test_the_distance_needs_no_more_than_a_row(baseline: list[object], window: list[object], distance: float) -> None:
    compared = tally(baseline, [window])
    assert column_distance(compared) == pytest.approx(distance)
    assert column_drift(compared) is None


@pytest.mark.parametrize("values", [[1.0, 2.0], ["a", "b"]])
def test_without_rows_or_without_a_baseline_there_is_no_distance(values: list[object]) -> None:
    empty, unknown = tally(values, []), tally(values, [values])
    unknown.baseline = None
    assert column_distance(empty) is None
    assert column_distance(unknown) is None


def test_a_column_without_a_baseline_is_not_tested() -> None:
    column = pl.Series("x", range(100))
    compared = tally_of("x", column.dtype, None)
    compared.add(column)
    assert column_drift(compared) is None


@pytest.mark.parametrize(("before", "now", "tested"), [(50, 50, True), (49, 50, False), (50, 49, False)])
def test_both_sides_need_the_minimum_of_rows(before: int, now: int, tested: bool) -> None:
    assert MINIMUM_ROWS == 50
    assert (column_drift(categories({"a": before}, {"a": now})) is not None) is tested


def test_a_drift_says_which_column_and_how_many_rows_of_the_window() -> None:
    drift = found_drift(categories({"a": 500}, {"a": 60}))
    assert (drift.name, drift.rows, drift.drifted) == ("x", 60, False)


@pytest.mark.parametrize(
    ("baseline", "window", "p_value"),
    [
        # Two categories, three, one that is new and one that is gone.
        ({"a": 50, "b": 50}, {"a": 60, "b": 45}, p_value_of((50, 50), (60, 45))),
        ({"a": 50, "b": 30, "c": 20}, {"a": 45, "b": 35, "c": 25}, p_value_of((50, 30, 20), (45, 35, 25))),
        ({"a": 90, "b": 50}, {"a": 95, "b": 40, "c": 15}, p_value_of((90, 50, 0), (95, 40, 15))),
        ({"a": 90, "b": 50, "c": 12}, {"a": 95, "b": 40}, p_value_of((90, 50, 12), (95, 40, 0))),
        # Rare ones are pooled if fewer than 5 are expected on the smaller side, here half of each.
        ({"a": 91, "b": 6, "c": 3}, {"a": 89, "b": 4, "c": 7}, p_value_of((91, 6, 3), (89, 4, 7))),
        ({"a": 93, "b": 5, "c": 2}, {"a": 89, "b": 4, "c": 7}, p_value_of((93, 7), (89, 11))),
        # Of 1100 rows, 20 are a category's; 1.8 are expected in the smaller window.
        ({"a": 965, "b": 18, "c": 17}, {"a": 95, "b": 2, "c": 3}, p_value_of((965, 35), (95, 5))),
        # A single rare row counts, too.
        ({"a": 100}, {"a": 99, "b": 1}, p_value_of((100, 0), (99, 1))),
    ],
)
def test_categories_are_tested_as_scipy_does_after_rare_ones_are_pooled(
    baseline: dict[str, int], window: dict[str, int], p_value: float
) -> None:
    assert 1e-6 < p_value < 1, "a probability near nothing would be equal to any other"
    assert found_drift(categories(baseline, window)).p_value == pytest.approx(p_value, rel=1e-9)
