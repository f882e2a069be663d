"""Captured requests, labels and a registry in memory, as SageMaker and S3 would have them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.monitoring.services import StoredObject
from sagemaker_mlops.monitoring.settings import MonitorSettings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CAPTURE, LABELS, REPORTS = "s3://bucket/capture/shop", "s3://bucket/labels", "s3://bucket/monitoring"
JSON = "application/json"


def capture_line(
    request: Any,
    answer: Any,
    *,
    at: datetime = NOW,
    event_id: str = "event",
    given_id: str | None = None,
    types: tuple[str, str] = (JSON, JSON),
    encodings: tuple[str, str] = ("JSON", "JSON"),
) -> bytes:
    """One line of capture; texts are taken as they are, everything else as JSON."""
    sides = {}
    for side, content, kind, encoding in zip(("Input", "Output"), (request, answer), types, encodings, strict=True):
        data = content if isinstance(content, str) else json.dumps(content)
        sides[f"endpoint{side}"] = {
            "observedContentType": kind,
            "mode": side.upper(),
            "data": data,
            "encoding": encoding,
        }
    event = {"eventId": event_id, "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    if given_id is not None:
        event["inferenceId"] = given_id
    return json.dumps({"captureData": sides, "eventMetadata": event, "eventVersion": "0"}).encode() + b"\n"


def answer(*scores: float, version: str | None = "1", inference_id: str = "a") -> dict[str, Any]:
    """An answer of our server."""
    predictions = [{"score": score, "positive": score >= 0.5} for score in scores]
    return {"predictions": predictions, "model_version": version, "inference_id": inference_id}


def captured(table: pl.DataFrame, scores: Any, contract: Contract, *, version: str = "1", at: datetime = NOW) -> bytes:
    """Capture of a table's rows, each a request of its own; record ids are the inference ids."""
    ids = table[contract.dataset.record_id].to_list()
    records = table.select(contract.feature_names).to_dicts()
    lines = [
        capture_line(record, answer(float(score), version=version, inference_id=key), at=at)
        for key, record, score in zip(ids, records, scores, strict=True)
    ]
    return b"".join(lines)


def labels_of(table: pl.DataFrame, contract: Contract) -> bytes:
    """Labels of a table's rows, as `mlops data put-labels` writes them."""
    rows = table.select(contract.dataset.record_id, contract.label.name).rows()
    return b"".join(
        json.dumps(
            {"groundTruthData": {"data": str(int(label)), "encoding": "CSV"}, "eventMetadata": {"eventId": key}}
        ).encode()
        + b"\n"
        for key, label in rows
    )


@dataclass
class FakeServices:
    """S3, registry and CloudWatch as dictionaries."""

    contents: dict[str, bytes] = field(default_factory=dict)
    modified: dict[str, datetime] = field(default_factory=dict)
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    def capture(self, content: bytes, at: datetime = NOW - timedelta(minutes=30), variant: str = "AllTraffic") -> None:
        """Put captured lines where SageMaker does."""
        uri = f"{CAPTURE}/{variant}/{at:%Y/%m/%d/%H}/{len(self.contents)}.jsonl"
        self.contents[uri], self.modified[uri] = content, at

    def label(self, content: bytes, at: datetime = NOW - timedelta(minutes=10)) -> None:
        """Put labels where `mlops data put-labels` does."""
        uri = f"{LABELS}/{at:%Y/%m/%d/%H}/{len(self.contents)}.jsonl"
        self.contents[uri], self.modified[uri] = content, at

    def register(self, version: str, documents: Mapping[tuple[str, str], Any], model: bytes | None = None) -> None:
        """A version with baselines, and its model."""
        metrics: dict[str, Any] = {}
        for (part, name), document in documents.items():
            uri = f"s3://bucket/models/{version}/{part}-{name}.json"
            self.contents[uri] = json.dumps(document).encode()
            metrics.setdefault(part, {})[name] = {"S3Uri": uri}
        container = {"ModelDataUrl": f"s3://bucket/models/{version}/model.tar.gz"}
        if model is not None:
            self.contents[container["ModelDataUrl"]] = model
        self.packages[version] = {
            "ModelMetrics": metrics,
            "InferenceSpecification": {"Containers": [container]},
        }

    def objects(self, uri: str, after: str = "") -> Iterator[StoredObject]:
        for key in sorted(self.contents):
            if key.startswith(uri) and key.removeprefix(uri) > after:
                yield StoredObject(key.removeprefix(uri), self.modified.get(key, NOW))

    def folders(self, uri: str) -> list[str]:
        return sorted({key.removeprefix(uri).split("/")[0] for key in self.contents if key.startswith(uri)})

    def read(self, uri: str) -> bytes | None:
        return self.contents.get(uri)

    def read_all(self, uris: Iterator[str]) -> Iterator[bytes]:
        yield from (self.contents[uri] for uri in uris)

    def write(self, uri: str, content: bytes, content_type: str = "application/json") -> None:
        self.contents[uri] = content

    def versions(self, group: str) -> dict[str, str]:
        return {version: version for version in self.packages}

    def describe_version(self, arn: str) -> dict[str, Any]:
        return self.packages[arn]

    def put_metrics(
        self, namespace: str, dimensions: Mapping[str, str], values: Mapping[str, float], at: datetime
    ) -> None:
        self.metrics, self.published_at = dict(values), at


def settings_of(kind: Any, output: Any) -> MonitorSettings:
    """Settings of a monitor that looks at the hour before NOW."""
    return MonitorSettings(
        kind=kind,
        endpoint="shop",
        namespace="shop/monitoring",
        capture_uri=CAPTURE,
        labels_uri=LABELS,
        report_uri=f"{REPORTS}/{kind}",
        model_package_group="group",
        region="eu-west-1",
        window=timedelta(hours=1),
        given_start=None,
        given_end=None,
        output=output,
    )
