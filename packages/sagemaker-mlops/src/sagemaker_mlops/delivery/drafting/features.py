"""Proposal of a feature for a column, from its profile alone."""

import math
import re
from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.contract.features import LONGEST_NAME, name_fault
from sagemaker_mlops.delivery.drafting.column_profile import ColumnProfile

MOST_CATEGORIES = 100
# A category needs some rows to be learned from, and to be told from a typing error.
RARE_ROWS = 5
# Whole numbers with so few values are often codes.
FEW_VALUES = 20
MOST_WRONG_SHARE = 0.2
# How much wider than what was seen a range is: it refuses broken data, not a new maximum.
HEADROOM = 2.0
PERSONAL = re.compile(
    r"name|mail|phone|address|street|ssn|passport|birth|iban|card_?number|zip|postal|^ip$|_ip$|latitude|longitude", re.I
)
PROTECTED = re.compile(r"^sex$|gender|^race$|ethnic|religio|nationalit|native|marital|disab|^age", re.I)


@dataclass(frozen=True)
class Proposal:
    """What a column could be in the contract: the keys of a feature, or None if it is left out.

    `notes` say why it is left out, or what somebody has to decide; `seen` is what the files have.
    """

    name: str
    feature: dict[str, Any] | None
    notes: tuple[str, ...] = ()
    seen: str = ""


def propose(column: ColumnProfile) -> Proposal:
    """Return the proposal for a column that is neither record id, event time nor label."""
    reason = _reason_to_leave_out(column)
    if reason:
        return Proposal(column.name, None, (reason,))
    kind, notes = _kind(column)
    if kind is None:
        return Proposal(column.name, None, tuple(notes))
    feature: dict[str, Any] = {"name": column.name, **kind}
    if column.missing:
        share = _rounded_up(column.largest_missing_share * 1.2 + 0.02)
        feature |= {"nullable": True, "maximum_null_fraction": share}
        notes.append(f"missing in {column.missing / column.rows:.1%} of the rows; {share:.0%} of a file are allowed")
    if PERSONAL.search(column.name):
        feature["sensitive"] = True
        notes.append("the name looks personal: marked as sensitive, its values are not shown")
    return Proposal(column.name, feature, tuple(notes), _seen(column))


def is_protected(name: str) -> bool:
    """Return True if a column's name looks like a characteristic that laws on equal treatment name."""
    return PROTECTED.search(name) is not None


def _seen(column: ColumnProfile) -> str:
    if column.numbers == column.present:
        return f"{column.lowest:g} to {column.highest:g}"
    return "over 1,000 values" if column.values is None else f"{len(column.values):,} values"


def _reason_to_leave_out(column: ColumnProfile) -> str | None:
    if len(column.name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters; rename the column"
    fault = name_fault(column.name)
    if fault:
        return fault
    if column.present == 0:
        return "it has no value"
    if column.distinct == 1:
        return "it has the same value in every row"
    if column.is_unique and column.present > FEW_VALUES:
        return "its value occurs once in every row: an identifier says nothing about other rows"
    if column.times == column.present:
        return "it is a time, and features of that type are not supported yet; write it as a number, such as days since"
    return None


def _kind(column: ColumnProfile) -> tuple[dict[str, Any] | None, list[str]]:
    if column.booleans == column.present and column.distinct is not None and column.distinct <= 2:
        is_digits = column.numbers == column.present
        return {"type": "boolean"}, ["0 and 1 in the files; requests have true and false"] if is_digits else []
    if column.numbers == column.present and not column.leading_zeros:
        return _number(column)
    if column.values is not None and len(column.values) <= MOST_CATEGORIES:
        return _category(column)
    wrong = column.present - column.numbers
    if column.decimal_commas > wrong / 2:
        return None, [f"{column.decimal_commas:,} values have a decimal comma; write them with a point"]
    if wrong <= MOST_WRONG_SHARE * column.present:
        return None, [f"a number in all but {wrong:,} rows; leave those values empty, or correct them"]
    many = "over 1,000" if column.values is None else f"{len(column.values):,}"
    return None, [f"text with {many} different values; group them into at most {MOST_CATEGORIES} categories"]


def _number(column: ColumnProfile) -> tuple[dict[str, Any], list[str]]:
    is_whole = column.whole_numbers == column.numbers
    feature: dict[str, Any] = {
        "type": "integer" if is_whole else "number",
        **value_range(column.lowest, column.highest, is_share=not is_whole),
    }
    notes = []
    if is_whole and column.distinct is not None and column.distinct <= FEW_VALUES:
        notes.append(f"only {column.distinct} different numbers: make it a category if they are codes")
    return feature, notes


def value_range(lowest: float, highest: float, *, is_share: bool) -> dict[str, float]:
    """Return a range around the values that were seen: from 0 if nothing is negative, and up to 1 for shares.

    Args:
        lowest: smallest value.
        highest: largest value.
        is_share: values from 0 to 1 may be shares; whole numbers are none.
    """
    if is_share and lowest >= 0 and highest <= 1:
        return {"minimum": 0, "maximum": 1}
    low = 0.0 if lowest >= 0 else -_nice(-lowest * HEADROOM)
    high = 0.0 if highest <= 0 else _nice(highest * HEADROOM)
    return {"minimum": _short(low), "maximum": _short(high)}


def _short(value: float) -> float:
    return int(value) if value.is_integer() else value


def _nice(value: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, ... that is at least a positive value."""
    size = 10.0 ** math.floor(math.log10(value))
    return next((step * size for step in (1, 2, 5) if step * size >= value), 10 * size)


def _category(column: ColumnProfile) -> tuple[dict[str, Any] | None, list[str]]:
    values = column.values or {}
    ordered = sorted(values, key=lambda value: (-values[value], value))
    rare = [value for value in ordered if values[value] < RARE_ROWS]
    notes = []
    if rare:
        notes.append(
            f"{len(rare)} of {len(ordered)} categories in fewer than {RARE_ROWS} rows: are they typing errors?"
        )
    return {"type": "category", "categories": ordered}, notes


def _rounded_up(share: float) -> float:
    return min(1.0, math.ceil(share * 100) / 100)
