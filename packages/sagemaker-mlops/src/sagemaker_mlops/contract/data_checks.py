"""Checks of a table against the contract.

Findings contain the column, the rule, the count and row numbers, but never a value, because values can be sensitive.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import CategoryFeature, Feature, NumericFeature, allowed_values
from sagemaker_mlops.contract.labels import Label, expected_outcomes
from sagemaker_mlops.contract.outcomes import typed_outcomes
from sagemaker_mlops.contract.values import BOOLEAN_TEXTS, NUMBER_TEXT, range_of

ROWS_SHOWN = 20


@dataclass(frozen=True)
class Finding:
    """A violated rule: how many rows violate it, and the numbers of the first ROWS_SHOWN of them.

    Row 1 is the first row below the header. If `refuses` is False, the finding is reported but the data are accepted.
    """

    rule: str
    column: str | None
    count: int
    rows: tuple[int, ...]
    expected: str
    file: str | None = None
    refuses: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-serializable values."""
        return asdict(self)

    def __str__(self) -> str:
        place = f"{self.file}: " if self.file else ""
        column = f"{self.column}: " if self.column else ""
        more = ", ..." if self.count > len(self.rows) else ""
        rows = f" (rows {', '.join(map(str, self.rows))}{more})" if self.rows else ""
        return f"{place}{column}{self.rule}, {self.count:,} found{rows}; expected {self.expected}"


@dataclass(frozen=True)
class CheckedTable:
    """A typed table and the findings about it; values that violate a rule are null in the table."""

    table: pl.DataFrame
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """True if at least one finding refuses the data."""
        return any(finding.refuses for finding in self.findings)


def finding_of(
    rule: str, column: str | None, broken: pl.Series, expected: str, origin: pl.DataFrame | None = None
) -> Iterator[Finding]:
    """Yield the findings of one rule, given a mask of the rows that violate it.

    Args:
        rule: name of the rule.
        column: the column, or None for a rule about whole rows.
        broken: boolean series, True for each row that violates the rule; null counts as False.
        expected: what the contract requires, as text for the message.
        origin: columns `file` and `row` for each row of a table that was read from several files; None for one file.
            With `origin` there is one finding per file, otherwise one in total.
    """
    mask = broken.fill_null(False)
    if origin is None:
        numbers = mask.arg_true() + 1
        if len(numbers):
            yield Finding(rule, column, len(numbers), tuple(numbers.head(ROWS_SHOWN).to_list()), expected)
        return
    for (file,), rows in origin.filter(mask).group_by("file", maintain_order=True):
        numbers = rows["row"]
        yield Finding(rule, column, len(numbers), tuple(numbers.head(ROWS_SHOWN).to_list()), expected, file=str(file))


def check_table(text: pl.DataFrame, contract: Contract) -> CheckedTable:
    """Check the columns of one file: presence, types, ranges, categories and missing values.

    Args:
        text: the table with every column as text, as `read_text_table` returns it.
        contract: the contract to check against.
    """
    findings = list(_column_presence(text, contract))
    columns: list[pl.Series] = []
    for name in (contract.dataset.record_id, contract.dataset.event_time, *contract.data_columns, contract.label.name):
        if name in text.columns:
            column, broken = _check_column(text[name], contract)
            columns.append(column)
            findings += broken
    return CheckedTable(pl.DataFrame(columns), tuple(findings))


def check_rows(table: pl.DataFrame, contract: Contract, origin: pl.DataFrame | None = None) -> tuple[Finding, ...]:
    """Check a table for repeated record ids and too many duplicate rows; for `origin` see `finding_of`."""
    return (*_repeated_record_ids(table, contract, origin), *_duplicates(table, contract, origin))


def check_dataset(table: pl.DataFrame, contract: Contract, origin: pl.DataFrame | None = None) -> tuple[Finding, ...]:
    """Check a whole data set: `check_rows`, the number of rows, and that the label varies."""
    return (
        *check_rows(table, contract, origin),
        *_too_few_rows(table, contract),
        *_label_varies(table, contract),
    )


def _column_presence(text: pl.DataFrame, contract: Contract) -> Iterator[Finding]:
    wanted = (contract.dataset.record_id, contract.dataset.event_time, *contract.data_columns, contract.label.name)
    if not set(wanted) & set(text.columns):
        expected = f"the contract's {len(wanted)} columns, separated by commas; none of them is there"
        yield Finding("not_the_columns", None, text.width, (), expected)
        return
    for name in wanted:
        if name not in text.columns:
            rule = "label_missing" if name == contract.label.name else "missing_column"
            yield Finding(rule, name, 1, (), "this column")
    # A file without a header has values instead of column names. It was handled above, so these are names, not values.
    for name in text.columns:
        if name not in wanted:
            expected = "only the contract's columns; this one is ignored"
            yield Finding("unexpected_column", name, 1, (), expected, refuses=False)


def _check_column(column: pl.Series, contract: Contract) -> tuple[pl.Series, list[Finding]]:
    name = column.name
    text = column.str.strip_chars()
    text = text.set(text == "", None)
    if name == contract.dataset.record_id:
        return text, list(finding_of("missing_value", name, text.is_null(), "an id in every row"))
    if name == contract.dataset.event_time:
        times = parse_times(text)
        broken = times.is_null()
        return times, list(finding_of("wrong_type", name, broken, "an ISO 8601 time in every row"))
    if name == contract.label.name:
        return _check_label(text, contract.label)
    return _check_feature(text, contract.column(name))


def parse_times(text: pl.Series) -> pl.Series:
    """Parse ISO 8601 times as UTC.

    Text that is not a time, or has an offset other than Z or +00:00, becomes null.
    """
    bare = text.str.replace(r"(Z|\+00:00)$", "").str.replace(" ", "T", literal=True)
    dated = bare.str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00")
    return dated.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")


def _check_label(text: pl.Series, label: Label) -> tuple[pl.Series, list[Finding]]:
    outcomes = typed_outcomes(text, label)
    wrong = outcomes.is_null() & text.is_not_null()
    return outcomes, [
        *finding_of("label_missing", text.name, text.is_null(), "a label in every row"),
        *finding_of("wrong_type", text.name, wrong, expected_outcomes(label)),
    ]


def _parse_booleans(text: pl.Series) -> pl.Series:
    return text.str.to_lowercase().replace_strict(BOOLEAN_TEXTS, default=None, return_dtype=pl.Boolean)


def _check_feature(text: pl.Series, feature: Feature) -> tuple[pl.Series, list[Finding]]:
    typed, findings = _typed(text, feature)
    return typed, [*_missing_values(text, feature), *findings]


def _typed(text: pl.Series, feature: Feature) -> tuple[pl.Series, list[Finding]]:
    expected = allowed_values(feature)
    if isinstance(feature, NumericFeature):
        return _typed_number(text, feature, expected)
    if isinstance(feature, CategoryFeature):
        unknown = ~text.is_in(feature.categories)
        known = text.set(unknown.fill_null(False), None)
        return known, list(finding_of("unknown_category", text.name, unknown, expected))
    flags = _parse_booleans(text)
    return flags, list(finding_of("wrong_type", text.name, flags.is_null() & text.is_not_null(), expected))


def _typed_number(text: pl.Series, feature: NumericFeature, expected: str) -> tuple[pl.Series, list[Finding]]:
    limits = range_of(feature)
    numbers = text.set(~text.str.contains(f"^(?:{NUMBER_TEXT})$").fill_null(True), None).cast(pl.Float64)
    outside = ~numbers.is_between(limits.low, limits.high).fill_null(True)
    wrong = numbers.is_null() & text.is_not_null()
    if limits.is_whole:
        wrong |= ((numbers != numbers.floor()) & ~outside).fill_null(False)
    kept = numbers.set(outside | wrong, None)
    if limits.is_whole:  # parse plain digits as Int64, because a float cannot represent every 64-bit integer
        kept = text.set(kept.is_null(), None).cast(pl.Int64, strict=False).fill_null(kept.cast(pl.Int64, strict=False))
    kind = "a whole number" if limits.is_whole else "a finite number"
    return kept, [
        *finding_of("wrong_type", text.name, wrong, kind),
        *finding_of("out_of_range", text.name, outside, expected),
    ]


def _missing_values(text: pl.Series, feature: Feature) -> Iterator[Finding]:
    missing = text.is_null()
    allowed = feature.maximum_null_fraction if feature.nullable else 0.0
    if len(text) and missing.sum() / len(text) > allowed:
        rule = "too_many_nulls" if feature.nullable else "missing_value"
        expected = f"at most {allowed:.1%} missing" if allowed else "no missing value"
        yield from finding_of(rule, text.name, missing, expected)


def _repeated_record_ids(table: pl.DataFrame, contract: Contract, origin: pl.DataFrame | None) -> Iterator[Finding]:
    name = contract.dataset.record_id
    if name in table.columns:
        ids = table[name]
        repeated = ids.is_duplicated() & ids.is_not_null()
        yield from finding_of("repeated_record_id", name, repeated, "every record id once", origin)


def _too_few_rows(table: pl.DataFrame, contract: Contract) -> Iterator[Finding]:
    if table.height < contract.dataset.minimum_rows:
        expected = f"at least {contract.dataset.minimum_rows:,} rows in the window"
        yield Finding("too_few_rows", None, table.height, (), expected)


def _duplicates(table: pl.DataFrame, contract: Contract, origin: pl.DataFrame | None) -> Iterator[Finding]:
    """Find rows that repeat an earlier row in every feature and the label."""
    compared = [name for name in (*contract.feature_names, contract.label.name) if name in table.columns]
    if not compared or table.height == 0:
        return
    repeats = _repeats_of_an_earlier_row(table.select(compared))
    allowed = contract.dataset.maximum_duplicate_fraction
    if repeats.sum() / table.height > allowed:
        yield from finding_of("too_many_duplicates", None, repeats, f"at most {allowed:.1%} repeated rows", origin)


def _repeats_of_an_earlier_row(table: pl.DataFrame) -> pl.Series:
    return ~table.select(pl.struct(pl.all()).is_first_distinct()).to_series()


def _label_varies(table: pl.DataFrame, contract: Contract) -> Iterator[Finding]:
    name = contract.label.name
    if name not in table.columns:
        return
    found = table[name].drop_nulls().unique()
    if len(found) == 1:
        yield Finding("label_has_one_value", name, table.height, (), "different outcomes in the rows")
    elif missing := sorted(set(contract.outcome_categories) - set(found)):
        expected = f"each category of the label in some rows, found none of {', '.join(missing)}"
        yield Finding("label_lacks_categories", name, len(missing), (), expected, refuses=False)
