"""Requests and responses that data capture stored in S3."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sagemaker_mlops.delivery.target import Target
from sagemaker_mlops.runtime.answer_fields import scores_of

PREFIX = "capture"


@dataclass(frozen=True)
class CapturedRequest:
    """A captured request and its response; `time` is the inference time in whole seconds."""

    time: datetime
    request: str
    answer: str

    @property
    def scores(self) -> list[float]:
        """The scores in the JSON response; empty if the response is an error."""
        return [
            score for prediction in json.loads(self.answer).get("predictions", []) for score in scores_of(prediction)
        ]

    @property
    def model_version(self) -> str:
        """The model version that answered the request."""
        return str(json.loads(self.answer)["model_version"])


def captured_requests(target: Target, variant: str, since: datetime) -> list[CapturedRequest]:
    """Return the captured requests of a variant since a time, oldest first.

    Requests whose input or output is not JSON are left out.
    """
    found = [_request(entry) for key in _keys(target, variant, since) for entry in _lines(target, key)]
    return sorted((one for one in found if one and one.time >= since), key=lambda one: one.time)


def _keys(target: Target, variant: str, since: datetime) -> Iterator[str]:
    """Yield the keys of the capture files; SageMaker writes them under endpoint, variant and hour."""
    s3, hour = target.client("s3"), since.replace(minute=0, second=0, microsecond=0)
    while hour <= datetime.now(UTC):
        prefix = f"{PREFIX}/{target.names.endpoint}/{variant}/{hour:%Y/%m/%d/%H}/"
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=target.names.capture_bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))
        hour += timedelta(hours=1)


def _lines(target: Target, key: str) -> Iterator[Any]:
    body = target.client("s3").get_object(Bucket=target.names.capture_bucket, Key=key)["Body"].read()
    yield from (json.loads(line) for line in body.splitlines())


def _request(entry: Any) -> CapturedRequest | None:
    data = entry["captureData"]
    asked, answered = data.get("endpointInput", {}), data.get("endpointOutput", {})
    if asked.get("encoding") != "JSON" or answered.get("encoding") != "JSON":
        return None
    if answered["observedContentType"].partition(";")[0] != "application/json":
        return None
    time = datetime.fromisoformat(entry["eventMetadata"]["inferenceTime"])
    return CapturedRequest(time, asked["data"], answered["data"])
