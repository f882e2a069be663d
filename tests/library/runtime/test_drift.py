from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.limits import Drift
from sagemaker_mlops.runtime.drift import MINIMUM_ROWS, ColumnDrift, column_drift, judge
from sagemaker_mlops.runtime.statistics import profile_column
from sagemaker_mlops.runtime.tallies import MAXIMUM_CATEGORIES, CategoryTally, Tally, baseline_of, tally_of
from scipy import stats

LIMITS = Drift(minimum_effect=0.15, significance=0.01)


def tally(baseline: Sequence[object], pieces: Sequence[Sequence[object]]) -> Tally:
    """A tally of a column that came in pieces."""
    column = pl.Series("x", baseline)
    found = tally_of("x", column.dtype, baseline_of(profile_column(column)))
    for piece in pieces:
        found.add(pl.Series("x", piece, column.dtype))
    return found


def test_the_distance_of_numbers_is_the_two_sample_one_whatever_the_pieces() -> None:
    generator = np.random.default_rng(1)
    for size in (60, 500, 2000):
        first, second = generator.exponential(2, size).round(1), generator.exponential(3, 777).round(1)
        found = column_drift(tally(first.tolist(), [part.tolist() for part in np.array_split(second, 7)]))
        expected = stats.ks_2samp(first, second, method="asymp")
        assert found is not None
        assert found.distance == pytest.approx(expected.statistic)
        assert found.p_value == pytest.approx(
            stats.kstwobign.sf(expected.statistic * np.sqrt(size * 777 / (size + 777)))
        )


def test_moments_and_missing_values_are_those_of_the_whole_column() -> None:
    found = tally([1.0, 2.0, 3.0] * 20, [[1.5, None], [float("nan"), 4.5, -3.0]])
    assert (found.present, found.missing) == (3, 2)
    assert not isinstance(found, CategoryTally)
    assert (found.mean, found.minimum, found.maximum) == (1.0, -3.0, 4.5)
    assert found.deviation == pytest.approx(np.std([1.5, 4.5, -3.0]))


def test_the_deviation_of_large_numbers_is_not_lost() -> None:
    values = np.random.default_rng(1).normal(1.75e9, 1.0, 10_000)
    found = tally([1.0, 2.0], [part.tolist() for part in np.array_split(values, 3)])
    assert not isinstance(found, CategoryTally)
    assert found.deviation == pytest.approx(values.std())


def test_categories_are_compared_by_share_and_tested_by_chi_squared() -> None:
    found = column_drift(tally(["a"] * 500 + ["b"] * 500, [["a"] * 300, ["b"] * 100, ["c"] * 100]))
    assert found is not None
    assert found.distance == pytest.approx(0.3)
    table = [[500, 500, 0], [300, 100, 100]]
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_names_of_categories_are_bounded() -> None:
    found = tally(["a", "b"], [[f"x{number}" for number in range(3 * MAXIMUM_CATEGORIES)]])
    assert isinstance(found, CategoryTally)
    assert len(found.counts) == MAXIMUM_CATEGORIES + 1
    assert found.present == 3 * MAXIMUM_CATEGORIES


def test_few_rows_are_not_judged() -> None:
    values: list[object] = [float(number) for number in range(100)]
    assert column_drift(tally(values, [values[: MINIMUM_ROWS - 1]])) is None
    assert column_drift(tally(values, [values[:MINIMUM_ROWS]])) is not None


def test_a_drift_needs_both_effect_and_significance() -> None:
    drifts = [
        ColumnDrift("large and certain", 0.3, 1e-6, 400),
        ColumnDrift("small and certain", 0.1, 1e-9, 100_000),
        ColumnDrift("large by chance", 0.3, 0.02, 60),
    ]
    assert [drift.name for drift in judge(drifts, LIMITS) if drift.drifted] == ["large and certain"]


def test_many_columns_are_corrected_for() -> None:
    """Holm: the smallest of 20 p-values counts twentyfold, and no corrected one is below a smaller one's."""
    drifts = [ColumnDrift(f"c{number}", 0.3, 0.0009 * (number + 1), 400) for number in range(20)]
    judged = {drift.name: drift for drift in judge(drifts, LIMITS)}
    assert judged["c0"].p_value == pytest.approx(0.018)
    ordered = [judged[f"c{number}"].p_value for number in range(20)]
    assert ordered == sorted(ordered)
    assert not any(drift.drifted for drift in judged.values())


def test_columns_without_any_spread_are_compared(contract: Contract) -> None:
    constant: list[object] = [0.0] * 100
    same, other = column_drift(tally(constant, [constant])), column_drift(tally(constant, [[1.0] * 100]))
    assert same is not None
    assert other is not None
    assert (same.distance, other.distance) == (0.0, 1.0)
    same = column_drift(tally(["a"] * 100, [["a"] * 100]))
    assert same is not None
    assert (same.distance, same.p_value) == (0.0, 1.0)
