"""AWS services that a monitor calls: S3, SageMaker and CloudWatch."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError

READ_AHEAD_OBJECTS = 8  # number of objects that are read ahead


@dataclass(frozen=True)
class StoredObject:
    """Object in S3, with its key relative to the listed prefix."""

    key: str
    modified: datetime


def split_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key, or prefix, of an s3:// address."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


class Services:
    """Thin client of these services, without any logic of the analysis."""

    def __init__(self, region: str) -> None:
        session = boto3.Session(region_name=region or None)
        self._s3, self._sagemaker = session.client("s3"), session.client("sagemaker")
        self._cloudwatch = session.client("cloudwatch")

    def objects(self, uri: str, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects below a prefix in the order of their keys.

        Args:
            uri: s3:// address of the prefix.
            after: key, relative to the prefix, after which to start.
        """
        bucket, prefix = split_uri(uri)
        start = {"StartAfter": prefix + after} if after else {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, **start):
            for entry in page.get("Contents", []):
                yield StoredObject(entry["Key"].removeprefix(prefix), entry["LastModified"])

    def folders(self, uri: str) -> list[str]:
        """Return the names directly below a prefix that ends with a slash."""
        bucket, prefix = split_uri(uri)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        found = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        return [name.removeprefix(prefix).strip("/") for name in found]

    def read(self, uri: str) -> bytes | None:
        """Return the content of an object, or None if it does not exist or was deleted."""
        bucket, key = split_uri(uri)
        try:
            content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return content

    def read_all(self, uris: Iterator[str]) -> Iterator[bytes]:
        """Yield the contents of objects in order, and read some of them ahead."""
        with ThreadPoolExecutor(READ_AHEAD_OBJECTS) as pool:
            pending = []
            for uri in uris:
                pending.append(pool.submit(self.read, uri))
                if len(pending) > READ_AHEAD_OBJECTS:
                    yield pending.pop(0).result() or b""
            yield from (one.result() or b"" for one in pending)

    def write(self, uri: str, content: bytes, content_type: str = "application/json") -> None:
        """Write an object."""
        bucket, key = split_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)

    def versions(self, group: str) -> dict[str, str]:
        """Return the ARNs of a model package group's versions by version number."""
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        found = [entry for page in pages for entry in page["ModelPackageSummaryList"]]
        return {str(entry["ModelPackageVersion"]): entry["ModelPackageArn"] for entry in found}

    def describe_version(self, arn: str) -> dict[str, Any]:
        """Return the description of a model package."""
        package: dict[str, Any] = self._sagemaker.describe_model_package(ModelPackageName=arn)
        return package

    def put_metrics(
        self, namespace: str, dimensions: Mapping[str, str], values: Mapping[str, float], at: datetime
    ) -> None:
        """Publish metric values with a timestamp."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        data = [
            {"MetricName": name, "Dimensions": named, "Value": value, "Timestamp": at} for name, value in values.items()
        ]
        self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
