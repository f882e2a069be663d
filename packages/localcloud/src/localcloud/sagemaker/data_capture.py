"""Data capture: requests and responses as JSON lines in S3, in SageMaker's format.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import json
import logging
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloud import Cloud
from localcloud.sagemaker.models import find_model
from localcloud.sagemaker.operations import Members
from localcloud.sagemaker.s3_files import split_uri
from localcloud.scope import Scope

log = logging.getLogger("localcloud")
SHARE_OF_ALL = 100


@dataclass(frozen=True)
class Message:
    """A request or a response."""

    content_type: str
    body: bytes


@dataclass(frozen=True)
class Place:
    """Destination of the records of a variant, and the role that writes them."""

    scope: Scope
    endpoint: str
    variant: str
    destination_uri: str
    kms_key_id: str
    role_arn: str | None


class DataCapture:
    """Buffer of records, which are written periodically as one object per destination."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: dict[Place, list[str]] = defaultdict(list)

    def record(
        self, place: Place, config: Members, request: Message, answer: Message, inference_id: str, event_id: str
    ) -> None:
        """Add the record of an invocation, if the invocation is in the sample.

        Args:
            place: destination of the record.
            config: DataCaptureConfig of the endpoint configuration.
            request: request to the container.
            answer: response of the container.
            inference_id: inference id of the request; empty if it has none.
            event_id: id of the invocation.
        """
        if random.random() * SHARE_OF_ALL >= config["InitialSamplingPercentage"]:
            return
        header = config.get("CaptureContentTypeHeader", {})
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        captured: Members = {}
        if modes & {"Input", "InputAndOutput"}:
            captured["endpointInput"] = _captured(request, "INPUT", header)
        if modes & {"Output", "InputAndOutput"}:
            captured["endpointOutput"] = _captured(answer, "OUTPUT", header)
        metadata = {"eventId": event_id, "inferenceTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        if inference_id:
            metadata["inferenceId"] = inference_id
        line = json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})
        with self._lock:
            self._lines[place].append(line)

    def write(self, cloud: Cloud) -> None:
        """Write the buffered records to S3."""
        with self._lock:
            collected, self._lines = self._lines, defaultdict(list)
        for place, lines in collected.items():
            _put(cloud, place, lines)


def capture_place(cloud: Cloud, scope: Scope, endpoint: str, config: Members, variant: Members) -> Place:
    """Return the destination of a variant's records.

    SageMaker writes them with the execution role of the model.
    """
    capture = config["DataCaptureConfig"]
    role_arn = find_model(cloud, scope, variant["ModelName"]).get("ExecutionRoleArn")
    uri, key = capture["DestinationS3Uri"], capture.get("KmsKeyId", "")
    return Place(scope, endpoint, variant["VariantName"], uri, key, role_arn)


def _captured(message: Message, mode: str, header: Members) -> Members:
    found = message.content_type.partition(";")[0].strip().lower()
    encoding = "BASE64"
    if found in header.get("JsonContentTypes", []):
        encoding = "JSON"
    elif found in header.get("CsvContentTypes", []):
        encoding = "CSV"
    is_text = encoding != "BASE64"
    data = message.body.decode("utf-8", "replace") if is_text else base64.b64encode(message.body).decode()
    return {"observedContentType": message.content_type, "mode": mode, "data": data, "encoding": encoding}


def _put(cloud: Cloud, place: Place, lines: Iterable[str]) -> None:
    bucket, prefix = split_uri(place.destination_uri)
    now = datetime.now(UTC)
    name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    key = f"{prefix.rstrip('/')}/{place.endpoint}/{place.variant}/{now:%Y/%m/%d/%H}/{name}".lstrip("/")
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": place.kms_key_id} if place.kms_key_id else {}
    body = "".join(f"{line}\n" for line in lines).encode()
    try:
        s3 = cloud.host.client(place.scope, "s3", place.role_arn)
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json", **encryption)
    except (ClientError, BotoCoreError) as error:
        log.error("captured requests of %s were lost: %s", place.endpoint, error)
