"""Numbers as texts and the ranges of features, where a table of single values does not reach."""

import math
import sys

import pytest
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.features import NumericFeature
from sagemaker_mlops.contract.values import LARGEST_WHOLE_NUMBER, NumberRange, number_of, range_of

from tests.library.contract.test_truth_table import OUTSIDE, WHOLE, WRONG, promising, request_verdicts

LARGEST = sys.float_info.max


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3.0), ("-0.5", -0.5), ("1e2", 100.0), ("1e999", math.inf), ("-1e999", -math.inf),
        ("", None), (" 3", None), ("nan", None), ("inf", None), ("1_0", None), ("3x", None),
    ],
)  # fmt: skip
def test_a_text_is_a_number_or_none(text: str, number: float | None) -> None:
    assert number_of(text) == number


def test_a_wrong_record_does_not_change_the_numbers_of_the_records_beside_it(contract: Contract) -> None:
    found = request_verdicts([b"3\nx\n+4\n1001\n1e0\n"], "text/csv", promising(contract, WHOLE))
    assert found == [3.0, WRONG, 4.0, OUTSIDE, 1.0]


@pytest.mark.parametrize(
    ("kind", "minimum", "maximum", "low", "high"),
    [
        ("integer", -5, 10, -5, 10),
        ("integer", None, None, -LARGEST_WHOLE_NUMBER, LARGEST_WHOLE_NUMBER),
        ("integer", -(2**70), 2**70, -LARGEST_WHOLE_NUMBER, LARGEST_WHOLE_NUMBER),
        ("number", -0.5, 2, -0.5, 2),
        ("number", 0, None, 0, LARGEST),
        ("number", None, 0, -LARGEST, 0),
    ],
)
def test_a_range_is_what_the_contract_says_within_what_a_column_can_hold(
    kind: str, minimum: float | None, maximum: float | None, low: float, high: float
) -> None:
    feature = NumericFeature.model_validate({"name": "value", "type": kind, "minimum": minimum, "maximum": maximum})
    assert range_of(feature) == NumberRange(low, high, is_whole=kind == "integer")
