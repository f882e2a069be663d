import hashlib
from pathlib import Path

import polars as pl

from data.sample import SOURCE, write_months

EXPECTED_ROWS = {
    "2025-02": 184, "2025-03": 1907, "2025-05": 3364, "2025-06": 288, "2025-07": 432,
    "2025-08": 433, "2025-09": 448, "2025-10": 549, "2025-11": 2998, "2025-12": 1727,
}  # fmt: skip


def test_the_source_is_unchanged() -> None:
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    assert digest == "d8e130ba51532985f93281a73ce299e6ce150cb915769a7962a11e595eadd6a1"


def test_one_file_a_month_with_unique_ids_and_times_inside_the_month(tmp_path: Path) -> None:
    paths = write_months(tmp_path)
    tables = {path.stem: pl.read_csv(path) for path in paths}
    assert {month: table.height for month, table in tables.items()} == EXPECTED_ROWS
    for month, table in tables.items():
        assert table["event_time"].str.starts_with(month).all()
        assert "Month" not in table.columns
    ids = pl.concat([table["record_id"] for table in tables.values()])
    assert ids.n_unique() == 12_330


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first = [path.read_bytes() for path in write_months(tmp_path / "one")]
    assert first == [path.read_bytes() for path in write_months(tmp_path / "two")]
