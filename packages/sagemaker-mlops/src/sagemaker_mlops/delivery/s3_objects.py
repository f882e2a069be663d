"""Access to single S3 objects by URI."""

import json
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.delivery.target import Target


def split_uri(uri: str) -> tuple[str, str]:
    """Return the bucket and the key of `s3://bucket/key`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def object_exists(target: Target, uri: str) -> bool:
    """Return True if an object exists. Raise ClientError if access is denied or the request fails."""
    bucket, key = split_uri(uri)
    try:
        target.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True


def read_json(target: Target, uri: str) -> Any:
    """Return the content of a JSON object."""
    bucket, key = split_uri(uri)
    return json.loads(target.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
