"""Prediction responses in JSON, JSON Lines and CSV, each with the model version that produced it."""

import csv
import io
from collections.abc import Sequence

from pydantic_core import to_json

from sagemaker_mlops.runtime.media_types import CSV, JSON

CSV_COLUMNS = ("score", "positive", "model_version", "inference_id")


def write_predictions(
    scores: Sequence[float], threshold: float, media_type: str, model_version: str, inference_id: str
) -> bytes:
    """Return the body of a response, with one prediction per record in the order of the request.

    Args:
        scores: one finite score per record.
        threshold: scores at or above it count as positive.
        media_type: JSON, JSON Lines or CSV.
        model_version: version that produced the scores.
        inference_id: id of the request.
    """
    origin = {"model_version": model_version, "inference_id": inference_id}
    if media_type == CSV:
        return _csv(scores, threshold, model_version, inference_id)
    predictions = [{"score": score, "positive": score >= threshold} for score in scores]
    if media_type == JSON:
        return to_json({"predictions": predictions, **origin})
    return b"".join(to_json({**prediction, **origin}) + b"\n" for prediction in predictions)


def _csv(scores: Sequence[float], threshold: float, model_version: str, inference_id: str) -> bytes:
    ends = {positive: _csv_line(str(positive).lower(), model_version, inference_id) for positive in (True, False)}
    lines = [f"{score},{ends[score >= threshold]}" for score in scores]
    return (_csv_line(*CSV_COLUMNS) + "".join(lines)).encode()


def _csv_line(*values: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
