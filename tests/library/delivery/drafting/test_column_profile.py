from pathlib import Path

import polars as pl
import pytest
from sagemaker_mlops.delivery.drafting import column_profile, text_files
from sagemaker_mlops.delivery.drafting.column_profile import profile_files
from sagemaker_mlops.delivery.errors import DeliveryError

FIRST = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "number": ["1", "-2.5", None, "1e3"],
        "whole": ["1", "2.0", "3", "4"],
        "code": ["007", "008", "007", "009"],
        "comma": ["1,5", "2,5", "3,5", "4"],
        "flag": ["true", "FALSE", "1", "0"],
        "time": ["2025-01-01", "2025-01-02T03:04:05Z", "2025-01-02 03:04:05.5", "2025-01-01"],
        "kind": ["x", "y", "x", None],
    }
)


def written(directory: Path, *tables: pl.DataFrame) -> list[Path]:
    paths = [directory / f"{number}.csv" for number in range(len(tables))]
    for path, table in zip(paths, tables, strict=True):
        table.write_csv(path)
    return paths


def test_counts_ranges_and_values(tmp_path: Path) -> None:
    second = FIRST.head(1).with_columns(pl.lit("e").alias("id"), pl.lit(None).cast(pl.String).alias("kind"))
    profile = profile_files(written(tmp_path, FIRST, second))
    columns = profile.columns
    assert profile.rows == 5
    assert (columns["number"].numbers, columns["number"].lowest, columns["number"].highest) == (4, -2.5, 1000)
    assert columns["number"].whole_numbers == 3
    assert columns["whole"].whole_numbers == 5
    assert columns["code"].leading_zeros == 5
    assert columns["comma"].decimal_commas == 4
    assert columns["flag"].booleans == 5
    assert columns["time"].times == 5
    assert columns["kind"].values == {"x": 2, "y": 1}
    assert columns["kind"].largest_missing_share == 1.0  # the second file
    assert columns["number"].largest_missing_share == 0.25
    assert profile.sample.height == 5


def test_what_identifies_a_row_is_unique_over_all_files(tmp_path: Path) -> None:
    paths = written(tmp_path, FIRST, FIRST.with_columns(pl.col("id") + "2"), FIRST.head(1))
    assert profile_files(paths[:2]).columns["id"].is_unique is True
    assert profile_files(paths).columns["id"].is_unique is False
    assert profile_files(paths[:1]).columns["kind"].is_unique is False


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "BATCH_ROWS", 500)
    monkeypatch.setattr(column_profile, "SAMPLE_ROWS", 300)
    table = pl.DataFrame({"id": range(3000), "many": [f"v{number % 1500}" for number in range(3000)]})
    profile = profile_files(written(tmp_path, table))
    assert profile.columns["many"].values is None
    assert profile.sample.height == 300
    # Drawn from the whole file and not from its begin.
    assert max(map(int, profile.sample["id"])) > 2500


def test_other_columns_are_refused(tmp_path: Path) -> None:
    paths = written(tmp_path, FIRST, FIRST.rename({"kind": "sort"}))
    with pytest.raises(
        DeliveryError, match=r"1\.csv: expected the columns of the first file, found no kind and also sort"
    ):
        profile_files(paths)


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="expected rows below the header"):
        profile_files(written(tmp_path, FIRST.head(0)))
