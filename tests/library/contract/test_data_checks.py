from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import Finding, check_dataset, check_rows, check_table
from sagemaker_mlops.contract.data_files import UnreadableTable, read_text_table

SECRET = "SECRET-VALUE-42"


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


def with_value(table: pl.DataFrame, column: str, row: int, value: str | None) -> pl.DataFrame:
    values = table[column].to_list()
    values[row - 1] = value
    return table.with_columns(pl.Series(column, values))


@pytest.fixture
def text(sample_text: pl.DataFrame) -> pl.DataFrame:
    return sample_text.head(100)


def test_the_sample_keeps_the_contract(sample_text: pl.DataFrame, contract: Contract) -> None:
    checked = check_table(sample_text, contract)
    assert checked.findings == ()
    assert check_dataset(checked.table, contract) == ()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("Administrative", "3.5", "wrong_type"),
        ("Administrative", SECRET, "wrong_type"),
        ("Administrative_Duration", "-1", "out_of_range"),
        ("Administrative_Duration", "nan", "wrong_type"),
        ("Administrative_Duration", "inf", "wrong_type"),
        ("BounceRates", "1.5", "out_of_range"),
        ("Browser", SECRET, "unknown_category"),
        ("VisitorType", SECRET, "unknown_category"),
        ("Weekend", SECRET, "wrong_type"),
        ("PageValues", None, "missing_value"),
        ("Revenue", None, "label_missing"),
        ("Revenue", SECRET, "wrong_type"),
        ("event_time", "yesterday", "wrong_type"),
        ("event_time", None, "wrong_type"),
        ("record_id", None, "missing_value"),
    ],
)
def test_a_broken_value_is_found_by_row_and_not_shown(
    text: pl.DataFrame, contract: Contract, column: str, value: str | None, rule: str
) -> None:
    finding = only(check_table(with_value(text, column, 7, value), contract).findings)
    assert (finding.rule, finding.column) == (rule, column)
    assert 7 in finding.rows
    assert SECRET not in str(finding)
    assert finding.refuses


def test_a_missing_column_is_found(text: pl.DataFrame, contract: Contract) -> None:
    finding = only(check_table(text.drop("ExitRates"), contract).findings)
    assert (finding.rule, finding.column) == ("missing_column", "ExitRates")


def test_a_missing_label_column_is_found(text: pl.DataFrame, contract: Contract) -> None:
    assert only(check_table(text.drop("Revenue"), contract).findings).rule == "label_missing"


def test_an_unexpected_column_is_only_a_note(text: pl.DataFrame, contract: Contract) -> None:
    checked = check_table(text.with_columns(pl.lit("x").alias("extra")), contract)
    assert only(checked.findings).rule == "unexpected_column"
    assert not checked.refused


def test_nulls_beyond_the_allowed_share_are_refused(text: pl.DataFrame, contract: Contract) -> None:
    features = [
        feature.model_copy(update={"nullable": True, "maximum_null_fraction": 0.02})
        if feature.name == "PageValues"
        else feature
        for feature in contract.features
    ]
    tolerant = contract.model_copy(update={"features": tuple(features)})
    two_missing = with_value(with_value(text, "PageValues", 1, None), "PageValues", 2, "")
    assert check_table(two_missing, tolerant).findings == ()
    finding = only(check_table(with_value(two_missing, "PageValues", 3, None), tolerant).findings)
    assert (finding.rule, finding.count, finding.rows) == ("too_many_nulls", 3, (1, 2, 3))


def test_too_few_rows_are_refused(sample: pl.DataFrame, contract: Contract) -> None:
    findings = check_dataset(sample.head(contract.dataset.minimum_rows - 1), contract)
    assert only(findings).rule == "too_few_rows"


def test_duplicates_count_without_id_and_time(sample: pl.DataFrame, contract: Contract) -> None:
    repeated = sample.head(500).with_columns(pl.format("again-{}", pl.col("record_id")).alias("record_id"))
    finding = only(check_dataset(pl.concat([sample, repeated]), contract))
    assert finding.rule == "too_many_duplicates"
    assert finding.count >= 500 + 125


def test_a_repeated_record_id_is_refused(text: pl.DataFrame, contract: Contract) -> None:
    table = check_table(with_value(text, "record_id", 7, "session-00000"), contract).table
    finding = only(check_rows(table, contract))
    assert (finding.rule, finding.rows) == ("repeated_record_id", (1, 7))


def test_findings_across_files_name_file_and_row(text: pl.DataFrame, contract: Contract) -> None:
    table = check_table(text, contract).table
    origin = pl.DataFrame({"file": ["a.csv"] * 100 + ["b.csv"] * 100, "row": [*range(1, 101)] * 2})
    findings = [f for f in check_rows(pl.concat([table, table]), contract, origin) if f.rule == "repeated_record_id"]
    assert [(finding.file, finding.count, finding.rows[0]) for finding in findings] == [
        ("a.csv", 100, 1),
        ("b.csv", 100, 1),
    ]


def test_a_label_with_one_value_is_refused(sample: pl.DataFrame, contract: Contract) -> None:
    findings = check_dataset(sample.filter(~pl.col("Revenue")), contract)
    assert "label_has_one_value" in {finding.rule for finding in findings}


def test_only_some_row_numbers_are_kept(text: pl.DataFrame, contract: Contract) -> None:
    finding = only(check_table(text.with_columns(pl.lit("-1").alias("PageValues")), contract).findings)
    assert (finding.count, len(finding.rows)) == (100, 20)
    assert str(finding).endswith("...); expected 0 or more")


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "empty_file"),
    "header only": (lambda path: path.write_text("a,b\n"), "empty_file"),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 8), "not_a_table"),
    "zeros": (lambda path: path.write_bytes(b"\0" * 64), "not_a_table"),
    "uneven": (lambda path: path.write_text(f"a,b\n1,2\n3\n4,5,{SECRET}\n"), "uneven_rows"),
    "repeated header": (lambda path: path.write_text("a,a\n1,2\n"), "not_a_table"),
    "unclosed quote": (lambda path: path.write_text(f'a,b\n1,"{SECRET}\n'), "not_a_table"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_table_is_refused(tmp_path: Path, kind: str) -> None:
    write, rule = UNREADABLE[kind]
    path = tmp_path / "month=2025-02.csv"
    write(path)
    with pytest.raises(UnreadableTable) as raised:
        read_text_table(path)
    assert raised.value.rule == rule
    assert SECRET not in str(raised.value)


def test_uneven_rows_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n3\n4,5,6\n")
    with pytest.raises(UnreadableTable) as raised:
        read_text_table(path)
    assert raised.value.rows == (2, 3)


def test_an_html_page_is_no_data(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "data.csv"
    path.write_text("<html>\n<body>Sign in</body>\n")
    assert only(check_table(read_text_table(path), contract).findings).rule == "not_the_columns"


def test_values_in_the_place_of_names_are_not_shown(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "data.csv"
    path.write_text(f"1,{SECRET}\n2,x\n")
    finding = only(check_table(read_text_table(path), contract).findings)
    assert SECRET not in str(finding)


@pytest.mark.parametrize(("text_of_file", "rows"), [("a,b\n1,2\n\n3,4\n", (2,)), ("a,b\n1,2\n\n", (2,))])
def test_blank_lines_are_numbered(tmp_path: Path, text_of_file: str, rows: tuple[int, ...]) -> None:
    path = tmp_path / "data.csv"
    path.write_text(text_of_file)
    with pytest.raises(UnreadableTable) as raised:
        read_text_table(path)
    assert (raised.value.rule, raised.value.rows) == ("blank_line", rows)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("a", [b"\xff"]),
        pl.Series("a", [timedelta(1)]),
        pl.Series("a", [time(1)]),
        pl.Series("a", [[1]]),
        pl.Series("a", [{"b": 1}]),
    ],
    ids=lambda column: str(column.dtype),
)
def test_odd_parquet_types_are_refused_by_column(tmp_path: Path, column: pl.Series) -> None:
    pl.DataFrame([column]).write_parquet(tmp_path / "data.parquet")
    with pytest.raises(UnreadableTable) as raised:
        read_text_table(tmp_path / "data.parquet")
    assert (raised.value.rule, raised.value.column) == ("wrong_type", "a")


def test_whole_numbers_that_pandas_wrote_as_floats_are_whole(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1.0, 20.0, None, 2.5]}).write_parquet(tmp_path / "data.parquet")
    assert read_text_table(tmp_path / "data.parquet")["a"].to_list() == ["1", "20", None, "2.5"]


def test_a_broken_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(b"PAR1 but not really")
    with pytest.raises(UnreadableTable, match="expected a Parquet file"):
        read_text_table(path)


def test_parquet_and_csv_give_the_same_table(tmp_path: Path, sample: pl.DataFrame, contract: Contract) -> None:
    sample.head(50).write_parquet(tmp_path / "data.parquet")
    checked = check_table(read_text_table(tmp_path / "data.parquet"), contract)
    assert checked.findings == ()
    assert checked.table.equals(sample.head(50))
