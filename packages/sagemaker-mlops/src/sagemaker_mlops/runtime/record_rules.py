"""The contract's rules for the values of a request, prepared once.

Faults name record, field and rule, never a value.
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
MISSING = object()  # stands for a field that is not there, unlike null
# Judging a whole column at once pays only for longer ones.
SHORT_COLUMN = 16
MOST_FAULTS = 100  # in an answer


@dataclass(frozen=True)
class RequestFault:
    """One broken rule of one record; records count from 0."""

    record: int
    field: str | None
    rule: str

    def as_dict(self) -> dict[str, Any]:
        """The fault as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True)
class FieldRule:
    """What one feature's values keep: `broken` names the rule that a value breaks; `kept` judges a column at once."""

    name: str
    broken: Callable[[Any], str | None]
    kept: Callable[[Column], bool]

    def faults(self, column: Column) -> list[RequestFault]:
        """The first faults of a column. `kept` is quick; only what it doubts is looked at value by value."""
        if len(column) > SHORT_COLUMN and self.kept(column):
            return []
        judged = enumerate(map(self.broken, column))
        found = (RequestFault(record, self.name, rule) for record, rule in judged if rule)
        return list(islice(found, MOST_FAULTS))


def field_rules(contract: Contract) -> tuple[FieldRule, ...]:
    """Prepare the rules of every feature, in the contract's order."""
    return tuple(_field_rule(feature) for feature in contract.features)


def column_faults(columns: Columns, rules: Sequence[FieldRule]) -> list[RequestFault]:
    """The first faults of the values, by record and field: as many as an answer shows."""
    if len(columns[rules[0].name]) == 1:  # most requests
        judged = [(rule.name, rule.broken(columns[rule.name][0])) for rule in rules]
        return [RequestFault(0, name, broken) for name, broken in judged if broken]
    found = [fault for rule in rules for fault in rule.faults(columns[rule.name])]
    return sorted(found, key=lambda fault: fault.record)[:MOST_FAULTS]


def _field_rule(feature: Feature) -> FieldRule:
    absent = None if feature.nullable else "missing_value"

    def otherwise(value: Any, rule: str) -> str | None:
        if value is None:
            return absent
        return "missing_field" if value is MISSING else rule

    if isinstance(feature, BooleanFeature):
        return _boolean_rule(feature.name, otherwise)
    if isinstance(feature, CategoryFeature):
        return _category_rule(feature, otherwise)
    return _numeric_rule(feature, otherwise)


Otherwise = Callable[[Any, str], str | None]


def _boolean_rule(name: str, otherwise: Otherwise) -> FieldRule:
    def broken(value: Any) -> str | None:
        return None if type(value) is bool else otherwise(value, "wrong_type")

    return FieldRule(name, broken, lambda column: set(map(type, column)) == {bool})


def _category_rule(feature: CategoryFeature, otherwise: Otherwise) -> FieldRule:
    categories = frozenset(feature.categories)

    def broken(value: Any) -> str | None:
        if type(value) is str and value in categories:
            return None
        return otherwise(value, "unknown_category" if type(value) is str else "wrong_type")

    def kept(column: Column) -> bool:
        return set(map(type, column)) == {str} and categories.issuperset(column)

    return FieldRule(feature.name, broken, kept)


def _numeric_rule(feature: NumericFeature, otherwise: Otherwise) -> FieldRule:
    limits = range_of(feature)
    low, high, is_whole = limits.low, limits.high, limits.is_whole

    def broken(value: Any) -> str | None:
        kind = type(value)
        if kind is not int and kind is not float:
            return otherwise(value, "wrong_type")
        if not low <= value <= high:
            return "wrong_type" if value != value else "out_of_range"  # only NaN differs from itself
        return "wrong_type" if is_whole and kind is float and not value.is_integer() else None

    def kept(column: Column) -> bool:
        kinds = set(map(type, column))
        if kinds != {float} and kinds != {int}:
            return False
        # NaN is neither smallest nor largest, but it spoils the sum.
        if not (low <= min(column) and max(column) <= high and math.isfinite(sum(column))):
            return False
        return kinds == {int} or not is_whole or all(map(float.is_integer, column))

    return FieldRule(feature.name, broken, kept)
