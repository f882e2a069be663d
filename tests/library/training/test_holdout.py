"""A row is on the same side of the split whatever else is in the table, and stays there from version to version."""

import math
from itertools import pairwise

import polars as pl
import pytest
from sagemaker_mlops.training.holdout import is_held_out, split

ROWS = [f"row-{number}" for number in range(2000)]
# The hash of this record id, as a share of all hashes, is a float exactly.
ON_THE_LIMIT, LIMIT = "row-2693", 0.2394063047580185


def test_the_rows_of_earlier_trainings_stay_where_they_were() -> None:
    """Another choice would show a model the rows that its champion was judged by."""
    assert [row for row in ROWS[:40] if is_held_out(row, 0.2)] == ["row-2", "row-4", "row-9", "row-23", "row-27"]
    assert [row for row in ("a", "ü", "") if is_held_out(row, 0.5)] == ["a", "ü"]


@pytest.mark.parametrize("fraction", [0.05, 0.2, 0.5, 0.9])
def test_about_the_fraction_is_held_out(fraction: float) -> None:
    share = sum(is_held_out(row, fraction) for row in ROWS) / len(ROWS)
    assert share == pytest.approx(fraction, abs=0.03)


def test_a_larger_fraction_only_adds_rows() -> None:
    held_out = [{row for row in ROWS if is_held_out(row, fraction)} for fraction in (0.0, 0.1, 0.2, 0.8, 1.0)]
    assert held_out[0] == set()
    assert all(fewer < more for fewer, more in pairwise(held_out))
    assert held_out[-1] == set(ROWS)


def test_a_row_is_held_out_from_the_limit_of_its_hash() -> None:
    assert not is_held_out(ON_THE_LIMIT, LIMIT)
    assert is_held_out(ON_THE_LIMIT, math.nextafter(LIMIT, 1))


def test_a_table_is_split_into_rows_of_each_side_in_their_order() -> None:
    table = pl.DataFrame({"id": ROWS, "number": range(len(ROWS))})
    train, holdout = split(table, "id", 0.2)
    assert holdout["id"].to_list() == [row for row in ROWS if is_held_out(row, 0.2)]
    assert train["id"].to_list() == [row for row in ROWS if not is_held_out(row, 0.2)]
    assert pl.concat([train, holdout]).sort("number").equals(table)


def test_a_table_without_rows_has_two_empty_sides() -> None:
    empty = pl.DataFrame(schema={"id": pl.String, "number": pl.Int64})
    train, holdout = split(empty, "id", 0.2)
    assert train.equals(empty)
    assert holdout.equals(empty)
