"""Write predictions as JSON, JSON Lines or CSV. Every answer names the version that gave it."""

import csv
import io
import json
from collections.abc import Sequence

from sagemaker_mlops.runtime.media_types import CSV, JSON

ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))
CSV_COLUMNS = ("score", "positive", "model_version", "inference_id")


def write_predictions(
    scores: Sequence[float], threshold: float, media_type: str, model_version: str, inference_id: str
) -> bytes:
    """Return the body of an answer: a score, and whether it counts as positive, for every record in order."""
    origin = {"model_version": model_version, "inference_id": inference_id}
    if media_type == CSV:
        return _csv(scores, threshold, model_version, inference_id)
    predictions = [{"score": score, "positive": score >= threshold} for score in scores]
    if media_type == JSON:
        return ENCODER.encode({"predictions": predictions, **origin}).encode()
    return b"".join(ENCODER.encode({**prediction, **origin}).encode() + b"\n" for prediction in predictions)


def _csv(scores: Sequence[float], threshold: float, model_version: str, inference_id: str) -> bytes:
    ends = {positive: _csv_line(str(positive).lower(), model_version, inference_id) for positive in (True, False)}
    lines = [f"{score},{ends[score >= threshold]}" for score in scores]
    return (_csv_line(*CSV_COLUMNS) + "".join(lines)).encode()


def _csv_line(*values: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
