"""Dirty files end in a refusal that says what to do, without a value of the file."""

from pathlib import Path

import polars as pl
import pytest
from sagemaker_mlops.delivery.drafting import text_files
from sagemaker_mlops.delivery.drafting.text_files import text_batches
from sagemaker_mlops.delivery.errors import DeliveryError


def read(path: Path) -> pl.DataFrame:
    return pl.concat(list(text_batches(path)))


def written(directory: Path, content: bytes, name: str = "a.csv") -> Path:
    path = directory / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found an empty file"),
        ("naïve,b\n1,é\n".encode("latin-1"), "expected UTF-8, found another encoding"),
        ("a,b\n1,2\n".encode("utf-16"), "expected UTF-8, found UTF-16"),
        (b"\x7fELF\x00\x00,\x00", "expected CSV text or a Parquet file"),
        (b"a;b;c\n1;2;3\n", "found semicolons"),
        (b"a\tb\n1\t2\n", "found tabs"),
        (b"a\n1\n2\n", "at least two columns"),
        (b"a,b,a\n1,2,3\n", "rename a"),
        (b"a,,c\n1,2,3\n", "found an empty one"),
        (b"a,b\n1,2,3\n", "as many fields in every row"),
        (",".join(f"c{number}" for number in range(10_000)).encode() + b"\n", "at most 1,000 columns, found 10,000"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=message):
        read(written(tmp_path, content))


@pytest.mark.parametrize(("name", "message"), [("a.txt", r"ends in \.csv or \.parquet"), ("b.csv", "found nothing at")])
def test_other_files_are_refused(name: str, message: str, tmp_path: Path) -> None:
    written(tmp_path, b"a,b\n1,2\n", "a.txt")
    with pytest.raises(DeliveryError, match=message):
        read(tmp_path / name)


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"a\.parquet"):
        read(written(tmp_path, b"PAR1 and no more", "a.parquet"))


def test_marks_blanks_and_quoted_lines_are_read(tmp_path: Path) -> None:
    content = '\ufeffa,b\n" 1 ","two\nlines"\n  ,3\n'.encode()
    assert read(written(tmp_path, content)).to_dict(as_series=False) == {"a": ["1", None], "b": ["two\nlines", "3"]}


def test_parquet_is_read_as_the_same_text(tmp_path: Path) -> None:
    table = pl.DataFrame({"number": [1.0, 2.5], "flag": [True, None], "text": ["a", ""]})
    table.write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").to_dict(as_series=False) == {
        "number": ["1", "2.5"], "flag": ["true", None], "text": ["a", None],
    }  # fmt: skip


def test_a_large_file_comes_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "BATCH_ROWS", 100)
    table = pl.DataFrame({"a": range(1000), "b": range(1000)})
    table.write_csv(tmp_path / "a.csv")
    batches = list(text_batches(tmp_path / "a.csv"))
    assert len(batches) > 1
    assert pl.concat(batches)["a"].to_list() == [str(number) for number in range(1000)]
