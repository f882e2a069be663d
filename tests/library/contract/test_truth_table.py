"""One truth table for every spelling of every type, which the checks of tables and of requests both keep."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.data_checks import check_table
from sagemaker_mlops.contract.data_files import read_text_table
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature, NumericFeature
from sagemaker_mlops.runtime.record_rules import column_faults, field_rules
from sagemaker_mlops.runtime.request_bodies import body_readers

WHOLE = NumericFeature(name="value", type="integer", minimum=-5, maximum=1000)
UNBOUNDED = NumericFeature(name="value", type="integer")
NUMBER = NumericFeature(name="value", type="number", minimum=-0.5, maximum=2)
OPEN = NumericFeature(name="value", type="number")
CATEGORY = CategoryFeature(name="value", type="category", categories=("3", "New Visitor", "true"))
BOOLEAN = BooleanFeature(name="value", type="boolean")
WRONG, OUTSIDE, UNKNOWN, MISSING = "wrong_type", "out_of_range", "unknown_category", "missing_value"

# A cell of a CSV file, of a CSV body, or of a Parquet column of strings: the value, or the rule that it breaks.
TEXTS: list[tuple[Feature, str, Any]] = [
    (WHOLE, "3", 3), (WHOLE, "1.0", 1), (WHOLE, "1e0", 1), (WHOLE, "1E+2", 100), (WHOLE, " 3 ", 3), (WHOLE, "+3", 3),
    (WHOLE, "007", 7), (WHOLE, "3.", 3), (WHOLE, "-0", 0), (WHOLE, "-5", -5), (WHOLE, "1000", 1000),
    (WHOLE, "3.5", WRONG), (WHOLE, "1e-1", WRONG), (WHOLE, "1_0", WRONG), (WHOLE, "1,0", WRONG), (WHOLE, "0x1", WRONG),
    (WHOLE, "٣", WRONG), (WHOLE, "nan", WRONG), (WHOLE, "inf", WRONG), (WHOLE, "-Infinity", WRONG),
    (WHOLE, "true", WRONG), (WHOLE, "1 0", WRONG), (WHOLE, "--1", WRONG), (WHOLE, ".", WRONG), (WHOLE, "e1", WRONG),
    (WHOLE, "-6", OUTSIDE), (WHOLE, "1001", OUTSIDE), (WHOLE, "1000.5", OUTSIDE), (WHOLE, "1e999", OUTSIDE),
    (WHOLE, "", MISSING), (WHOLE, "  ", MISSING),
    (UNBOUNDED, "9007199254740993", 9007199254740993), (UNBOUNDED, "1e300", OUTSIDE),
    (NUMBER, ".5", 0.5), (NUMBER, "5e-1", 0.5), (NUMBER, " 2", 2.0), (NUMBER, "2.0000001", OUTSIDE),
    (NUMBER, "NaN", WRONG), (NUMBER, "1.5.0", WRONG), (NUMBER, "1e", WRONG), (NUMBER, "-.5", -0.5),
    (OPEN, "1e308", 1e308), (OPEN, "1e309", OUTSIDE), (OPEN, "-1e309", OUTSIDE), (OPEN, "inf", WRONG),
    (CATEGORY, "3", "3"), (CATEGORY, " 3 ", "3"), (CATEGORY, "New Visitor", "New Visitor"), (CATEGORY, "true", "true"),
    (CATEGORY, "3.0", UNKNOWN), (CATEGORY, "new visitor", UNKNOWN), (CATEGORY, "New  Visitor", UNKNOWN),
    (CATEGORY, "", MISSING),
    (BOOLEAN, "true", True), (BOOLEAN, "FALSE", False), (BOOLEAN, "1", True), (BOOLEAN, " 0 ", False),
    (BOOLEAN, "yes", WRONG), (BOOLEAN, "1.0", WRONG), (BOOLEAN, "2", WRONG), (BOOLEAN, "t", WRONG),
    (BOOLEAN, "", MISSING),
]  # fmt: skip

# A value of a JSON document, which has a type of its own.
JSON_VALUES: list[tuple[Feature, str, Any]] = [
    (WHOLE, "3", 3), (WHOLE, "1.0", 1), (WHOLE, "1e0", 1), (WHOLE, "3.5", WRONG), (WHOLE, '"3"', WRONG),
    (WHOLE, "true", WRONG), (WHOLE, "null", MISSING), (WHOLE, "-6", OUTSIDE), (WHOLE, "1e999", OUTSIDE),
    (WHOLE, "[3]", WRONG), (WHOLE, '""', WRONG),
    (UNBOUNDED, "9223372036854775807", 9223372036854775807), (UNBOUNDED, "9223372036854775808", OUTSIDE),
    (NUMBER, "1", 1.0), (NUMBER, "0.5", 0.5), (NUMBER, "2.5", OUTSIDE), (NUMBER, '"0.5"', WRONG),
    (CATEGORY, '"3"', "3"), (CATEGORY, "3", WRONG), (CATEGORY, '" 3 "', UNKNOWN), (CATEGORY, "true", WRONG),
    (CATEGORY, "null", MISSING), (CATEGORY, '""', UNKNOWN),
    (BOOLEAN, "true", True), (BOOLEAN, "1", WRONG), (BOOLEAN, '"true"', WRONG), (BOOLEAN, "null", MISSING),
]  # fmt: skip

# A value of a typed Parquet column: numbers and booleans are what they are, whatever column holds them.
PARQUET_VALUES: list[tuple[Feature, pl.Series, Any]] = [
    (WHOLE, pl.Series([3]), 3), (WHOLE, pl.Series([1.0]), 1), (WHOLE, pl.Series([3.5]), WRONG),
    (WHOLE, pl.Series([True]), WRONG), (WHOLE, pl.Series([float("nan")]), WRONG), (WHOLE, pl.Series([-6]), OUTSIDE),
    (WHOLE, pl.Series([None], dtype=pl.Int64), MISSING), (NUMBER, pl.Series([1]), 1.0), (NUMBER, pl.Series([0.5]), 0.5),
    (OPEN, pl.Series([1e300]), 1e300), (OPEN, pl.Series([float("inf")]), WRONG), (CATEGORY, pl.Series([3]), "3"),
    (BOOLEAN, pl.Series([True]), True), (BOOLEAN, pl.Series([1]), True), (BOOLEAN, pl.Series([2]), WRONG),
]  # fmt: skip


def promising(contract: Contract, feature: Feature) -> Contract:
    """The contract with one feature."""
    return contract.model_copy(update={"features": (feature,)})


def table_verdict(path: Path, contract: Contract) -> Any:
    """The value of the only row, or the rule that it breaks, as the check of tables says it."""
    checked = check_table(read_text_table(path), contract)
    rules = [finding.rule for finding in checked.findings if finding.refuses]
    assert len(rules) < 2
    return rules[0] if rules else checked.table["value"][0]


def csv_file(folder: Path, text: str, contract: Contract) -> Path:
    path = folder / "data.csv"
    names = ("record_id", "event_time", "value", contract.label.name)
    rows = pl.DataFrame([["a"], ["2025-02-01"], [text], ["true"]], schema=names)
    rows.write_csv(path, quote_style="always")
    return path


def parquet_file(folder: Path, value: pl.Series, contract: Contract) -> Path:
    path = folder / "data.parquet"
    rest = pl.DataFrame({"record_id": ["a"], "event_time": ["2025-02-01"], contract.label.name: ["true"]})
    rest.with_columns(value.alias("value")).write_parquet(path)
    return path


def request_verdicts(bodies: Sequence[bytes], content_type: str, contract: Contract) -> list[Any]:
    """The value of every record, or the rule that it breaks, as the server says it. A body has one record or many."""
    read, rules = body_readers(contract)[content_type], field_rules(contract)
    found: list[Any] = []
    for body in bodies:
        ((columns, unreadable),) = list(read(body))
        assert unreadable == []
        verdicts = list(columns["value"])
        for fault in column_faults(columns, rules):
            verdicts[fault.record] = fault.rule
        found += verdicts
    return found


def same(found: Any, expected: Any) -> bool:
    """Tell whether values are equal, and booleans not numbers. What is spelled 3 may be 3.0 on its way to a model."""
    return bool(found == expected) and isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(("feature", "text", "expected"), TEXTS)
def test_a_text_means_the_same_in_every_file_and_body(
    contract: Contract, tmp_path: Path, feature: Feature, text: str, expected: Any
) -> None:
    promised = promising(contract, feature)
    assert same(table_verdict(csv_file(tmp_path, text, promised), promised), expected)
    assert same(table_verdict(parquet_file(tmp_path, pl.Series([text]), promised), promised), expected)
    cell = f'"{text}"\n'.encode()
    for bodies in ([cell], [cell * 30]):  # the second is judged as a column
        for found in request_verdicts(bodies, "text/csv", promised):
            assert same(found, float(expected) if type(expected) is int else expected)


@pytest.mark.parametrize(("feature", "text", "expected"), JSON_VALUES)
def test_a_json_value_means_the_same_in_a_document_and_in_lines(
    contract: Contract, feature: Feature, text: str, expected: Any
) -> None:
    promised = promising(contract, feature)
    record = f'{{"value": {text}}}'
    many = f"[{', '.join([record] * 30)}]"
    for body, content_type in (
        (record, "application/json"),
        (many, "application/json"),
        (record, "application/jsonlines"),
    ):
        for found in request_verdicts([body.encode()], content_type, promised):
            assert same(found, expected)


@pytest.mark.parametrize(("feature", "value", "expected"), PARQUET_VALUES)
def test_a_typed_parquet_column(
    contract: Contract, tmp_path: Path, feature: Feature, value: pl.Series, expected: Any
) -> None:
    promised = promising(contract, feature)
    assert same(table_verdict(parquet_file(tmp_path, value, promised), promised), expected)


def spellings() -> list[str]:
    """Texts that are numbers, nearly numbers, and something else."""
    parts = (
        ("", "+", "-", " ", "--"),
        ("", "0", "7", "12", "x"),
        ("", ".", ".0", ".5", "."),
        ("", "e0", "E2", "e-1", "e"),
    )
    return sorted({"".join(chosen) + end for chosen in product(*parts) for end in ("", " ")})


@pytest.mark.parametrize("feature", [WHOLE, NUMBER, OPEN], ids=lambda feature: f"{feature.type} {feature.minimum}")
def test_both_checks_agree_on_every_spelling_of_a_number(contract: Contract, feature: Feature, tmp_path: Path) -> None:
    promised, texts = promising(contract, feature), spellings()
    assert len(texts) > 500
    table = pl.DataFrame({"value": [text or None for text in texts]}, schema={"value": pl.String})
    checked = check_table(table, promised)
    asked = request_verdicts([f'"{text}"\n'.encode() for text in texts], "text/csv", promised)
    for text, column, found in zip(texts, checked.table["value"], asked, strict=True):
        assert (column is None) == isinstance(found, str), (text, column, found)
        assert column is None or float(column) == found, text


def test_the_table_has_every_type_and_every_rule() -> None:
    kinds = {type(feature) for feature, _, _ in TEXTS} & {type(feature) for feature, _, _ in JSON_VALUES}
    assert kinds == {NumericFeature, CategoryFeature, BooleanFeature}
    for table in (TEXTS, JSON_VALUES):
        assert {WRONG, OUTSIDE, UNKNOWN, MISSING} <= {str(expected) for _, _, expected in table}
