"""What a feature's values may be and how text spells them: the one specification that tables and requests are held to.

Two evaluators read it: `data_checks` judges whole columns of a table, `runtime.record_rules` the records of a request.
Text is a cell of a CSV file or body, or of a Parquet column of strings; spaces around it do not count. JSON has types
of its own: nothing in it is read by its spelling.
"""

import math
import re
import sys
from dataclasses import dataclass

from sagemaker_mlops.contract.features import NumericFeature

LARGEST_WHOLE_NUMBER = 2**63 - 1  # what a column of them can hold
# Decimal, in ASCII: no inf, no nan, no 1_000, no other script's digits.
NUMBER_TEXT = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
BOOLEAN_TEXTS = {"true": True, "false": False, "1": True, "0": False}  # in any case
_NUMBER = re.compile(NUMBER_TEXT)


@dataclass(frozen=True)
class NumberRange:
    """The closed range of a numeric feature, and whether its numbers are whole. `1.0` and `1e0` are whole, too."""

    low: float
    high: float
    is_whole: bool


def range_of(feature: NumericFeature) -> NumberRange:
    """Return the range of a feature; an open side ends where a column of its type does."""
    is_whole = feature.type == "integer"
    largest = LARGEST_WHOLE_NUMBER if is_whole else sys.float_info.max
    low = max(-largest, -math.inf if feature.minimum is None else feature.minimum)
    high = min(largest, math.inf if feature.maximum is None else feature.maximum)
    return NumberRange(low, high, is_whole)


def number_of(text: str) -> float | None:
    """Return the number that a text spells, infinite if it is too large for any; None if it spells none."""
    return float(text) if _NUMBER.fullmatch(text) else None
