"""`python problem_throughput.py TEMPLATE`: print requests and captured rows per second for each type of label, as JSON.

The model answers at once, so that the figures are those of the server and of the monitors. It runs in a project.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

sys.path.insert(0, sys.argv[1])
from sagemaker_mlops.contract.contract import Contract, load_contract
from sagemaker_mlops.monitoring.capture_records import CaptureDecoder
from sagemaker_mlops.runtime.media_types import JSON
from sagemaker_mlops.runtime.metrics import Scores
from sagemaker_mlops.runtime.model_conformance import random_rows
from sagemaker_mlops.serving.prediction_service import PredictionService

from tests.library.problems import as_multiclass, as_regression

SECONDS, ROWS, ROUNDS = 1.0, 20_000, 5


class Fixed:
    """A model with the same scores for every row."""

    def __init__(self, categories: int) -> None:
        self._scores = np.array([1 / categories] * categories if categories else 0.25)

    def predict_columns(self, columns: Any) -> Scores:
        """Return the scores of each row."""
        return np.array([self._scores] * len(next(iter(columns.values()))))

    predict = predict_columns


def requests_per_second(service: PredictionService, body: bytes) -> float:
    """Return how many requests of one record are answered in a second."""
    count, end = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        service.answer(body, JSON, "", JSON, "a")
        count += 1
    return count / SECONDS


def rows_per_second(contract: Contract, service: PredictionService, records: list[dict[str, Any]]) -> float:
    """Return how many captured requests are decoded in a second."""
    lines = b"".join(_line(json.dumps(record), service) for record in records)
    decoder = CaptureDecoder(contract)
    start = time.perf_counter()
    found = decoder.rows(lines)
    spent = time.perf_counter() - start
    assert found.height == len(records), decoder.faults
    return found.height / spent


def _line(record: str, service: PredictionService) -> bytes:
    answer = service.answer(record.encode(), JSON, "", JSON, "a").body.decode()
    sides = {"Input": record, "Output": answer}
    data = {
        f"endpoint{side}": {"observedContentType": JSON, "mode": side.upper(), "data": text, "encoding": "JSON"}
        for side, text in sides.items()
    }
    event = {"eventId": "a", "inferenceTime": "2026-11-28T00:00:00Z"}
    return json.dumps({"captureData": data, "eventMetadata": event, "eventVersion": "0"}).encode() + b"\n"


def measure() -> dict[str, dict[str, list[float]]]:
    """Return both figures of each problem, a value for each round."""
    changes: dict[str, Callable[[Contract], Contract]] = {
        "binary": lambda contract: contract,
        "multiclass": as_multiclass,
        "regression": as_regression,
    }
    contracts = {name: change(load_contract()) for name, change in changes.items()}
    services = {
        name: PredictionService(Fixed(len(contract.outcome_categories)), contract, "1")  # type: ignore[arg-type]  # no save
        for name, contract in contracts.items()
    }
    records = {name: random_rows(contract, ROWS)[0].to_dicts() for name, contract in contracts.items()}
    found: dict[str, dict[str, list[float]]] = {name: {"requests": [], "rows": []} for name in contracts}
    for _ in range(ROUNDS):
        for name, contract in contracts.items():
            body = json.dumps(records[name][0]).encode()
            found[name]["requests"].append(requests_per_second(services[name], body))
            found[name]["rows"].append(rows_per_second(contract, services[name], records[name]))
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
