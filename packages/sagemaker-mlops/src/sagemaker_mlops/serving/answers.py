"""Prediction responses in JSON, JSON Lines and CSV, each with the model version that produced it.

| problem | prediction |
|---|---|
| binary | `score`: probability of the positive outcome, and `positive`: is it at or above the threshold? |
| multiclass | `category`: the most probable one, and `scores`: the probability of each category |
| regression | `score`: the predicted number |
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.runtime.answer_fields import CATEGORY, ORIGIN, POSITIVE, SCORE, SCORES, csv_columns
from sagemaker_mlops.runtime.media_types import CSV, JSON

Prediction = dict[str, Any]


@dataclass(frozen=True)
class AnswerWriter:
    """Writer of the responses of one contract.

    `prediction` returns the fields of one score, `cells` the same as the begin of a line of CSV.
    """

    columns: Sequence[str]
    prediction: Callable[[Any], Prediction]
    cells: Callable[[Any], str]

    def write(self, scores: Sequence[Any], media_type: str, model_version: str, inference_id: str) -> bytes:
        """Return the body of a response, with one prediction per record in the order of the request.

        Args:
            scores: one finite score per record, or one list of scores.
            media_type: JSON, JSON Lines or CSV.
            model_version: version that produced the scores.
            inference_id: id of the request.
        """
        origin = dict(zip(ORIGIN, (model_version, inference_id), strict=True))
        if media_type == CSV:
            end = _csv_line(origin.values())
            lines = [f"{self.cells(score)},{end}" for score in scores]
            return (_csv_line((*self.columns, *ORIGIN)) + "".join(lines)).encode()
        predictions = [self.prediction(score) for score in scores]
        if media_type == JSON:
            return to_json({"predictions": predictions, **origin})
        return b"".join(to_json({**prediction, **origin}) + b"\n" for prediction in predictions)


def answer_writer(contract: Contract) -> AnswerWriter:
    """Return the writer for a contract's problem."""
    columns, categories = csv_columns(contract), contract.outcome_categories
    if contract.label.problem == "regression":
        return AnswerWriter(columns, lambda score: {SCORE: score}, str)
    if not categories:
        threshold = contract.gates.decision_threshold
        return AnswerWriter(
            columns,
            lambda score: {SCORE: score, POSITIVE: score >= threshold},
            lambda score: f"{score},{'true' if score >= threshold else 'false'}",
        )

    def prediction(scores: Sequence[float]) -> Prediction:
        best = max(range(len(scores)), key=scores.__getitem__)
        return {CATEGORY: categories[best], SCORES: dict(zip(categories, scores, strict=True))}

    def cells(scores: Sequence[float]) -> str:
        return _csv_line((prediction(scores)[CATEGORY], *scores)).removesuffix("\n")

    return AnswerWriter(columns, prediction, cells)


def _csv_line(values: Iterable[object]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
