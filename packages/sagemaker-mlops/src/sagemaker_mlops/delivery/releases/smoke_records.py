"""Hold-out records with their evaluated scores, which EvaluateModel stores for the smoke test."""

from dataclasses import dataclass
from typing import Any

from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.s3_objects import read_json
from sagemaker_mlops.delivery.target import Target

FILE = "smoke_test.json"


@dataclass(frozen=True)
class SmokeRecords:
    """Hold-out records in the form of requests, and the evaluated score of each, or its scores of the categories."""

    records: list[dict[str, Any]]
    scores: list[Any]


def smoke_test_uri(version: ModelVersion) -> str:
    """Return the S3 URI of a version's records; empty if the pipeline did not register the version."""
    lineage_uri = version.metadata.get("lineage_uri", "")
    return f"{lineage_uri.rpartition('/')[0]}/{FILE}" if lineage_uri else ""


def read_smoke_records(target: Target, version: ModelVersion) -> SmokeRecords:
    """Return the hold-out records of a version."""
    content = read_json(target, smoke_test_uri(version))
    return SmokeRecords(content["records"], content["scores"])
