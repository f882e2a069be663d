"""Predictions in captured responses, as columns beside the features.

`prediction` is what is compared with the baseline: the score, or the most probable category. With a label of
categories, `__scores` has the probability of each, in the order of the contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime import answer_fields
from sagemaker_mlops.runtime.answer_fields import SCORE_OF
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.statistics import SCORE

SCORES = "__scores"
Types = dict[str, pl.DataType]


@dataclass(frozen=True)
class AnswerColumns:
    """Columns of the predictions of one contract; `categories` is empty unless its label has some."""

    categories: tuple[str, ...]

    @property
    def types(self) -> Types:
        """Types of the columns."""
        if self.categories:
            return {SCORE: pl.String(), SCORES: pl.List(pl.Float64())}
        return {SCORE: pl.Float64()}

    @property
    def json_type(self) -> pl.DataType:
        """Type of a prediction in a JSON response."""
        if not self.categories:
            return pl.Struct({answer_fields.SCORE: pl.Float64()})
        scores = pl.Struct(dict.fromkeys(self.categories, pl.Float64()))
        return pl.Struct({answer_fields.CATEGORY: pl.String(), answer_fields.SCORES: scores})

    def of_json(self, prediction: pl.Expr) -> list[pl.Expr]:
        """Return the columns of predictions of `json_type`."""
        if not self.categories:
            return [prediction.struct[answer_fields.SCORE].alias(SCORE)]
        scores = prediction.struct[answer_fields.SCORES]
        return [
            prediction.struct[answer_fields.CATEGORY].alias(SCORE),
            pl.concat_list(scores.struct[name] for name in self.categories).alias(SCORES),
        ]

    def of_cells(self, row: Mapping[str, str]) -> dict[str, Any]:
        """Return the columns of one prediction in CSV.

        Raises:
            KeyError: a column is missing.
            ValueError: a score is no number.
        """
        if not self.categories:
            return {SCORE: float(row[answer_fields.SCORE])}
        scores = [float(row[f"{SCORE_OF}{name}"]) for name in self.categories]
        return {SCORE: row[answer_fields.CATEGORY], SCORES: scores}

    def of_object(self, prediction: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns of one prediction in JSON. Raise KeyError, TypeError or ValueError if it is none."""
        if not self.categories:
            return {SCORE: float(prediction[answer_fields.SCORE])}
        scores = [float(prediction[answer_fields.SCORES][name]) for name in self.categories]
        return {SCORE: str(prediction[answer_fields.CATEGORY]), SCORES: scores}

    def is_prediction(self, content: Mapping[str, Any]) -> bool:
        """Return True if an object or a row of CSV has the fields of a prediction, and not those of an error."""
        return (answer_fields.CATEGORY if self.categories else answer_fields.SCORE) in content

    @property
    def is_usable(self) -> pl.Expr:
        """Expression that is true for a prediction whose scores are all numbers."""
        if not self.categories:
            return pl.col(SCORE).is_finite().fill_null(value=False)
        # A sum skips nulls, and is no number if one of its numbers is none.
        is_complete = pl.col(SCORES).list.drop_nulls().list.len() == len(self.categories)
        are_numbers = pl.col(SCORES).list.sum().is_finite()
        return (pl.col(SCORE).is_not_null() & is_complete & are_numbers).fill_null(value=False)

    def scores(self, rows: pl.DataFrame) -> Scores:
        """Return the scores of rows: one per row, or rows x categories."""
        if not self.categories:
            return rows[SCORE].to_numpy()
        return np.array(rows[SCORES].to_list(), dtype=np.float64).reshape(-1, len(self.categories))


def answer_columns(contract: Contract) -> AnswerColumns:
    """Return the columns of the predictions for a contract."""
    return AnswerColumns(contract.outcome_categories)
