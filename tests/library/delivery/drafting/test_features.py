"""What a column becomes, from values alone."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.delivery.drafting.column_profile import profile_files
from sagemaker_mlops.delivery.drafting.features import Proposal, is_protected, propose


def proposal(directory: Path, values: list[Any], name: str = "column") -> Proposal:
    table = pl.DataFrame({name: values, "other": list(range(len(values)))})
    table.write_csv(directory / "a.csv")
    return propose(profile_files([directory / "a.csv"]).columns[name])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 3, 17] * 20, {"type": "integer", "minimum": 0, "maximum": 50}),
        ([-3, 4, 5] * 20, {"type": "integer", "minimum": -10, "maximum": 10}),
        ([0.25, 0.5, 1.0] * 20, {"type": "number", "minimum": 0, "maximum": 1}),
        ([0.5, 1200.0] * 20, {"type": "number", "minimum": 0, "maximum": 5000}),
        ([-1.5, -0.25] * 20, {"type": "number", "minimum": -5, "maximum": 0}),
        (["true", "False"] * 20, {"type": "boolean"}),
        (["1", "0"] * 20, {"type": "boolean"}),
        (["b", "a", "b"] * 20, {"type": "category", "categories": ["b", "a"]}),
        (["007", "008"] * 20, {"type": "category", "categories": ["007", "008"]}),
        (["1", "2", "unknown"] * 20, {"type": "category", "categories": ["1", "2", "unknown"]}),
    ],
)
def test_types_and_ranges(values: list[Any], expected: dict[str, Any], tmp_path: Path) -> None:
    assert proposal(tmp_path, values).feature == {"name": "column", **expected}


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        ([1, 2] * 30, "_hidden", "does not begin with an underscore"),
        ([1, 2] * 30, "a|b", "rename the column"),
        ([1, 2] * 30, "inference_id", "a name of the server's answers"),
        ([1, 2] * 30, "x" * 65, "at most 64 characters"),
        ([None] * 60, "column", "it has no value"),
        (["a"] * 60, "column", "the same value in every row"),
        ([f"x{number}" for number in range(60)], "column", "an identifier says nothing"),
        (["2025-01-01", "2025-01-02"] * 30, "column", "it is a time"),
        ([f"text {number % 150}" for number in range(300)], "column", "text with 150 different values"),
        ([str(number % 150) if number % 10 else "?" for number in range(300)], "column", "all but 30 rows"),
        ([f"{number % 150},5" for number in range(300)], "column", "decimal comma"),
    ],
)
def test_what_cannot_be_a_feature_says_why(values: list[Any], name: str, reason: str, tmp_path: Path) -> None:
    found = proposal(tmp_path, values, name)
    assert found.feature is None
    assert reason in found.notes[0]


def test_missing_values_are_allowed_with_some_room(tmp_path: Path) -> None:
    found = proposal(tmp_path, [1.5, None, 2.5, 3.5] * 20)
    assert found.feature is not None
    assert (found.feature["nullable"], found.feature["maximum_null_fraction"]) == (True, 0.32)


def test_rare_categories_and_codes_are_pointed_out(tmp_path: Path) -> None:
    assert "typing errors" in proposal(tmp_path, ["red"] * 50 + ["blue"] * 50 + ["rde"]).notes[0]
    assert "make it a category if they are codes" in proposal(tmp_path, [1, 2, 3] * 20).notes[0]


@pytest.mark.parametrize("name", ["hours-per-week", "größe in cm", "% of income (2024)", "time", "label", "2nd"])
def test_names_stay_as_they_are_in_the_files(name: str, tmp_path: Path) -> None:
    feature = proposal(tmp_path, [1, 2, 3] * 30, name).feature
    assert feature is not None
    assert feature["name"] == name


@pytest.mark.parametrize("name", ["email", "first_name", "ZIP", "birth_date", "ip"])
def test_personal_names_are_sensitive(name: str, tmp_path: Path) -> None:
    feature = proposal(tmp_path, ["a", "b"] * 30, name).feature
    assert feature is not None
    assert feature["sensitive"] is True


def test_protected_characteristics_are_recognised() -> None:
    assert all(map(is_protected, ("sex", "Gender", "race", "native_country", "age_group")))
    assert not any(map(is_protected, ("wage", "page", "essex")))
