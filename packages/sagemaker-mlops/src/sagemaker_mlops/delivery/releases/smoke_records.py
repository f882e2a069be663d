"""Hold-out records and the scores that the evaluation gave them; EvaluateModel writes both beside its results."""

from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.s3_objects import read_json
from sagemaker_mlops.delivery.target import Target

FILE = "smoke_test.json"


@dataclass(frozen=True)
class SmokeRecords:
    """Records in the form of requests, and the score of each."""

    records: list[dict[str, Any]]
    scores: list[float]


def smoke_test_uri(version: ModelVersion) -> str:
    """Where a version's records are; empty if it was not registered by the pipeline."""
    lineage_uri = version.metadata.get("lineage_uri", "")
    return f"{lineage_uri.rpartition('/')[0]}/{FILE}" if lineage_uri else ""


def read_smoke_records(target: Target, version: ModelVersion) -> SmokeRecords:
    """Read a version's records."""
    content = read_json(target, smoke_test_uri(version))
    return SmokeRecords(content["records"], content["scores"])
