"""Specification of feature values and their text format, shared by table checks and request checks.

`data_checks` applies it to the columns of a table, `runtime.record_rules` to the records of a request. "Text" is a cell
of a CSV file or request body, or of a Parquet string column; spaces around it are ignored. JSON values have types, so
a JSON string is never parsed as a number or boolean.
"""

import math
import re
import sys
from dataclasses import dataclass

from sagemaker_mlops.contract.features import NumericFeature

LARGEST_WHOLE_NUMBER = 2**63 - 1  # the largest value of an Int64 column
# Decimal numbers in ASCII: not inf, nan or 1_000, and no digits of other scripts.
NUMBER_TEXT = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
BOOLEAN_TEXTS = {"true": True, "false": False, "1": True, "0": False}  # compared in lower case
_NUMBER = re.compile(NUMBER_TEXT)
THREE_DECIMALS_BELOW = 100.0


@dataclass(frozen=True)
class NumberRange:
    """Closed range of a numeric feature.

    If `is_whole` is True, values must be whole numbers, which includes `1.0` and `1e0`.
    """

    low: float
    high: float
    is_whole: bool


def range_of(feature: NumericFeature) -> NumberRange:
    """Return the range of a feature, with the limits of Int64 or Float64 in place of missing bounds."""
    is_whole = feature.type == "integer"
    largest = LARGEST_WHOLE_NUMBER if is_whole else sys.float_info.max
    low = max(-largest, -math.inf if feature.minimum is None else feature.minimum)
    high = min(largest, math.inf if feature.maximum is None else feature.maximum)
    return NumberRange(low, high, is_whole)


def shown(value: float) -> str:
    """Format a measured figure: three decimals, or one for large numbers such as errors in a currency."""
    return f"{value:.3f}" if abs(value) < THREE_DECIMALS_BELOW else f"{value:,.1f}"


def shown_difference(value: float) -> str:
    """Format a difference of two measured figures, with its sign."""
    return f"{value:+.4f}" if abs(value) < THREE_DECIMALS_BELOW else f"{value:+,.1f}"


def number_of(text: str) -> float | None:
    """Parse a text as a number.

    Returns:
        The number, infinity if it is too large for a float, or None if the text is not a number.
    """
    return float(text) if _NUMBER.fullmatch(text) else None
