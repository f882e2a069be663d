"""Columns of outcomes: texts and what they stand for.

Apart from the labels themselves, because infrastructure code reads the contract without polars.
"""

import polars as pl

from sagemaker_mlops.contract.labels import BinaryLabel, Label, MulticlassLabel
from sagemaker_mlops.contract.values import NUMBER_TEXT


def typed_outcomes(text: pl.Series, label: Label) -> pl.Series:
    """Return the outcomes that texts stand for: Boolean, String or Float64; null for a text that is no outcome.

    Args:
        text: outcomes as text, without blanks around them.
        label: label of the contract.
    """
    if isinstance(label, BinaryLabel):
        return text.str.to_lowercase().replace_strict(label.texts, default=None, return_dtype=pl.Boolean)
    if isinstance(label, MulticlassLabel):
        return text.set(~text.is_in(label.categories).fill_null(True), None)
    numbers = text.set(~text.str.contains(f"^(?:{NUMBER_TEXT})$").fill_null(True), None).cast(pl.Float64)
    low = float("-inf") if label.minimum is None else label.minimum
    high = float("inf") if label.maximum is None else label.maximum
    return numbers.set(~(numbers.is_finite() & numbers.is_between(low, high)).fill_null(True), None)


def outcome_type(label: Label) -> pl.DataType:
    """Return the type of a column with typed outcomes."""
    if isinstance(label, BinaryLabel):
        return pl.Boolean()
    return pl.String() if isinstance(label, MulticlassLabel) else pl.Float64()


def outcome_texts(outcomes: pl.Series) -> pl.Series:
    """Return typed outcomes as the texts that uploaded labels have: 1 and 0, the category, or the number."""
    if outcomes.dtype == pl.Boolean:
        return outcomes.cast(pl.Int8).cast(pl.String)
    return outcomes.cast(pl.String)
