"""Fields of a prediction in the server's responses, which the server writes and monitors and releases read.

Names follow SageMaker's built-in algorithms where these have one.
Source: AWS, SageMaker developer guide, "Linear learner response formats".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_mlops.contract.contract import Contract

SCORE, POSITIVE, CATEGORY, SCORES = "score", "positive", "category", "scores"
ORIGIN = ("model_version", "inference_id")
SCORE_OF = "score_of_"  # begin of the CSV column of a category's probability


def csv_columns(contract: Contract) -> tuple[str, ...]:
    """Return the columns of a prediction in CSV, without version and inference id."""
    if contract.outcome_categories:
        return (CATEGORY, *(f"{SCORE_OF}{name}" for name in contract.outcome_categories))
    return (SCORE,) if contract.label.problem == "regression" else (SCORE, POSITIVE)


def prediction_schema(contract: Contract) -> dict[str, Any]:
    """Return the JSON schema of one prediction."""
    number = {"type": "number"}
    share = number | {"minimum": 0, "maximum": 1}
    if names := contract.outcome_categories:
        scores = {"type": "object", "properties": dict.fromkeys(names, share), "required": list(names)}
        fields: dict[str, Any] = {CATEGORY: {"type": "string", "enum": list(names)}, SCORES: scores}
    elif contract.label.problem == "regression":
        fields = {SCORE: number}
    else:
        fields = {SCORE: share, POSITIVE: {"type": "boolean"}}
    return {"type": "object", "properties": fields, "required": list(fields)}


def scores_of(prediction: Mapping[str, Any]) -> list[float]:
    """Return the scores of one prediction: one number, or the probabilities in the order of the response."""
    scores = prediction.get(SCORES)
    return list(scores.values()) if isinstance(scores, Mapping) else [float(prediction[SCORE])]


def flat_scores(scores: Sequence[Any]) -> list[float]:
    """Return evaluated scores of records as one list, in the order in which `scores_of` has those of responses."""
    return [number for one in scores for number in (one if isinstance(one, Sequence) else [one])]
