"""Preparation of a team's files: ids, times and months, and what cannot be read."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from sagemaker_mlops.command_line.main import application
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.prepare_files import Format, Prepared, months_until, prepare
from typer.testing import CliRunner

MONTHS = (date(2024, 11, 1), date(2025, 2, 1))
PLAIN = Format()


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def prepared(
    directory: Path, text: str, format: Format = PLAIN, encoding: str = "utf-8"
) -> tuple[Prepared, pl.DataFrame]:
    """What `prepare` wrote, and all rows of its files."""
    found = prepare([write(directory / "a.csv", text, encoding)], directory / "out", format, MONTHS)
    return found, pl.concat(pl.read_csv(path, infer_schema=False) for path in found.files)


def test_rows_without_id_and_time_get_both_and_a_file_per_month(tmp_path: Path) -> None:
    found, rows = prepared(tmp_path, "size,price\n" + "".join(f"{number},1\n" for number in range(200)))
    assert found.added == ("record_id", "event_time")
    assert [path.name for path in found.files] == ["2024-11.csv", "2024-12.csv", "2025-01.csv", "2025-02.csv"]
    assert rows.columns == ["record_id", "event_time", "size", "price"]
    assert rows["record_id"].n_unique() == 200
    assert rows["event_time"][0] == "2024-11-01T00:00:00Z"
    # The file is sorted by size; no month has only small ones.
    smallest = rows.group_by("event_time").agg(pl.col("size").cast(pl.Int64).min())["size"]
    assert smallest.max() < 50


def test_equal_rows_have_ids_of_their_own_and_the_same_ones_again(tmp_path: Path) -> None:
    text = "size,price\n1,2\n1,2\n3,4\n"
    _, first = prepared(tmp_path, text)
    _, again = prepared(tmp_path, text + "5,6\n")
    assert first["record_id"].n_unique() == 3
    assert set(first["record_id"]) < set(again["record_id"])


def test_ids_and_times_that_are_there_are_kept(tmp_path: Path) -> None:
    given = Format(record_id="key", event_time="day", time_format="%d/%m/%Y")
    found, rows = prepared(tmp_path, "key,day,size\na,31/12/2024,1\nb,01/01/2025,2\n", given)
    assert found.added == ()
    assert [path.name for path in found.files] == ["2024-12.csv", "2025-01.csv"]
    assert rows["day"].to_list() == ["2024-12-31T00:00:00Z", "2025-01-01T00:00:00Z"]


def test_semicolons_and_other_encodings_become_commas_and_utf_8(tmp_path: Path) -> None:
    _, rows = prepared(tmp_path, "größe;preis\n1;2\n", Format(separator=";", encoding="latin1"), "latin1")
    assert rows.columns[2:] == ["größe", "preis"]


def test_rows_without_a_required_value_are_left_out(tmp_path: Path) -> None:
    found, rows = prepared(tmp_path, "size,price\n1,2\n2,\n3,  \n", Format(required=("price",)))
    assert (found.rows, found.left_out) == (1, 2)
    assert rows["size"].to_list() == ["1"]


@pytest.mark.parametrize(
    ("text", "format", "message"),
    [
        ("a,b\n1,2\n", Format(record_id="key"), "expected one of the columns a, b; found key"),
        ("record_id,b\n1,2\n", PLAIN, "name it: --record-id record_id"),
        ("a,b\n1,soon\n", Format(event_time="b"), r"b: expected a time .* found others in rows \[1\]"),
        ("a,b\n1,2\n", Format(required=("c",)), "expected one of the columns a, b; found c"),
        ("a,b\n1,2,3\n", PLAIN, "a.csv: expected CSV with a header"),
        ("a,b\n1,2\n", Format(encoding="klingon"), "expected an encoding that Python knows"),
    ],
)
def test_what_cannot_be_prepared_is_told(tmp_path: Path, text: str, format: Format, message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        prepared(tmp_path, text, format)


def test_another_encoding_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="expected text in utf-8; name another: --encoding latin1"):
        prepared(tmp_path, "größe,b\n1,2\n", PLAIN, "latin1")


def test_files_with_other_columns_are_told(tmp_path: Path) -> None:
    files = [write(tmp_path / "a.csv", "a,b\n1,2\n"), write(tmp_path / "b.csv", "a,c\n1,2\n")]
    with pytest.raises(DeliveryError, match=r"b.csv: expected the columns of a.csv; differing: \['b', 'c'\]"):
        prepare(files, tmp_path / "out", PLAIN, MONTHS)


def test_made_up_months_end_with_the_given_one() -> None:
    assert months_until(date(2025, 2, 17)) == (date(2024, 9, 1), date(2025, 2, 1))
    assert months_until(date(2025, 12, 31)) == (date(2025, 7, 1), date(2025, 12, 1))


def test_the_command_says_what_it_added_and_what_is_next(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b\n1,2\n3,4\n")
    words = ["data", "prepare", str(path), "--output", str(tmp_path / "out"), "--from", "2025-02", "--to", "2025-02"]
    result = CliRunner().invoke(application, words)
    assert result.exit_code == 0, result.output
    assert "added: event_time" in result.output
    assert "the times are made up" in result.output
    assert "next: mlops contract draft" in result.output
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["2025-02.csv"]
