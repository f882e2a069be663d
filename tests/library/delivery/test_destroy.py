"""Access logs arrive late: logging stops first, the log bucket is emptied last, and again if a log arrived.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from typing import Any

import pytest
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.stacks import destroy as destroy_module
from sagemaker_mlops.delivery.target import Target, target_of

TARGET = target_of("staging")
NAMES = TARGET.names
LOGGED = [NAMES.data_bucket, NAMES.artifact_bucket, NAMES.capture_bucket]


class S3:
    """Buckets with one object each, and what was done to them."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def put_bucket_logging(self, Bucket: str, BucketLoggingStatus: dict[str, Any]) -> None:  # noqa: N803
        assert BucketLoggingStatus == {}
        self.done.append(f"stop {Bucket}")

    def get_paginator(self, _: str) -> "S3":
        return self

    def paginate(self, Bucket: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"Versions": [{"Key": Bucket, "VersionId": "1"}]}]

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        self.done.append(f"empty {Bucket}")
        return {}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> S3:
    found = S3()
    monkeypatch.setattr(Target, "client", lambda *_: found)
    return found


def test_logging_stops_before_anything_is_deleted_and_the_logs_go_last(s3: S3) -> None:
    destroy_module._empty(TARGET, "foundation", lambda _: None)
    stops, empties = [f"stop {name}" for name in LOGGED], [f"empty {name}" for name in LOGGED]
    assert s3.done == [*stops, *empties, f"empty {NAMES.access_log_bucket}"]


@pytest.mark.parametrize(("failures", "expected"), [(0, []), (1, [f"empty {NAMES.access_log_bucket}"])])
def test_a_log_that_arrived_late_is_deleted_too(
    monkeypatch: pytest.MonkeyPatch, s3: S3, failures: int, expected: list[str]
) -> None:
    outcomes = iter([*[DeliveryError("the bucket is not empty")] * failures, None])

    def delete(*_: object) -> None:
        outcome = next(outcomes)
        if outcome:
            raise outcome

    monkeypatch.setattr(destroy_module, "_delete_stack", delete)
    destroy_module._delete_with_late_logs(TARGET, "foundation", lambda _: None)
    assert s3.done == expected


def test_another_stack_is_not_tried_twice(monkeypatch: pytest.MonkeyPatch, s3: S3) -> None:
    def delete(*_: object) -> None:
        raise DeliveryError("an export is in use")

    monkeypatch.setattr(destroy_module, "_delete_stack", delete)
    with pytest.raises(DeliveryError, match="an export is in use"):
        destroy_module._delete_with_late_logs(TARGET, "serving", lambda _: None)
    assert s3.done == []
