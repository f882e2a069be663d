"""Rules of the contract for the values of a request, prepared once per contract.

Faults contain record, field and rule, but never a value, because values can be sensitive.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import BooleanFeature, CategoryFeature, Feature, NumericFeature
from sagemaker_mlops.contract.values import range_of

Column = Sequence[Any]
Columns = Mapping[str, Column]
MISSING = object()  # marks a field that is absent, unlike null
# Checking a whole column at once is faster only for longer columns.
SHORT_COLUMN = 16
MAXIMUM_FAULTS = 100  # in a response


@dataclass(frozen=True)
class RequestFault:
    """A rule that a record violates; records are numbered from 0."""

    record: int
    field: str | None
    rule: str

    def as_dict(self) -> dict[str, Any]:
        """Return the fault as JSON-serializable values."""
        return asdict(self)


@dataclass(frozen=True)
class FieldRule:
    """Rule for the values of one feature.

    `broken` returns the name of the rule that a value violates, or None. `kept` is a fast check of a whole column; it
    returns True only if all values are valid.
    """

    name: str
    broken: Callable[[Any], str | None]
    kept: Callable[[Column], bool]

    def faults(self, column: Column) -> list[RequestFault]:
        """Return the first faults of a column, at most MAXIMUM_FAULTS.

        Each value is checked only if the column is short or `kept` returns False.
        """
        if len(column) > SHORT_COLUMN and self.kept(column):
            return []
        judged = enumerate(map(self.broken, column))
        found = (RequestFault(record, self.name, rule) for record, rule in judged if rule)
        return list(islice(found, MAXIMUM_FAULTS))


def field_rules(contract: Contract) -> tuple[FieldRule, ...]:
    """Return the rule of each feature, in the order of the contract."""
    return tuple(_field_rule(feature) for feature in contract.features)


def column_faults(columns: Columns, rules: Sequence[FieldRule]) -> list[RequestFault]:
    """Return the first faults of the values by record and field, at most MAXIMUM_FAULTS.

    Args:
        columns: the values of each feature, as a reader of `request_bodies` yields them.
        rules: the rules, as `field_rules` returns them.
    """
    if len(columns[rules[0].name]) == 1:  # most requests
        judged = [(rule.name, rule.broken(columns[rule.name][0])) for rule in rules]
        return [RequestFault(0, name, broken) for name, broken in judged if broken]
    found = [fault for rule in rules for fault in rule.faults(columns[rule.name])]
    return sorted(found, key=lambda fault: fault.record)[:MAXIMUM_FAULTS]


def _field_rule(feature: Feature) -> FieldRule:
    absent = None if feature.nullable else "missing_value"

    def missing_or(value: Any, rule: str) -> str | None:
        if value is None:
            return absent
        return "missing_field" if value is MISSING else rule

    if isinstance(feature, BooleanFeature):
        return _boolean_rule(feature.name, missing_or)
    if isinstance(feature, CategoryFeature):
        return _category_rule(feature, missing_or)
    return _numeric_rule(feature, missing_or)


MissingOr = Callable[[Any, str], str | None]


def _boolean_rule(name: str, missing_or: MissingOr) -> FieldRule:
    def broken(value: Any) -> str | None:
        return None if type(value) is bool else missing_or(value, "wrong_type")

    return FieldRule(name, broken, lambda column: set(map(type, column)) == {bool})


def _category_rule(feature: CategoryFeature, missing_or: MissingOr) -> FieldRule:
    categories = frozenset(feature.categories)

    def broken(value: Any) -> str | None:
        if type(value) is str and value in categories:
            return None
        return missing_or(value, "unknown_category" if type(value) is str else "wrong_type")

    def kept(column: Column) -> bool:
        return set(map(type, column)) == {str} and categories.issuperset(column)

    return FieldRule(feature.name, broken, kept)


def _numeric_rule(feature: NumericFeature, missing_or: MissingOr) -> FieldRule:
    limits = range_of(feature)
    low, high, is_whole = limits.low, limits.high, limits.is_whole

    def broken(value: Any) -> str | None:
        kind = type(value)
        if kind is not int and kind is not float:
            return missing_or(value, "wrong_type")
        if not low <= value <= high:
            return "wrong_type" if value != value else "out_of_range"  # only NaN differs from itself
        return "wrong_type" if is_whole and kind is float and not value.is_integer() else None

    def kept(column: Column) -> bool:
        kinds = set(map(type, column))
        if kinds != {float} and kinds != {int}:
            return False
        # min and max can miss NaN, but a sum with NaN is NaN.
        if not (low <= min(column) and max(column) <= high and math.isfinite(sum(column))):
            return False
        return kinds == {int} or not is_whole or all(map(float.is_integer, column))

    return FieldRule(feature.name, broken, kept)
