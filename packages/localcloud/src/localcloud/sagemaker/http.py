"""HTTP interface of SageMaker: the JSON protocol of the API, and the invocations of endpoints."""

import json
import logging
import traceback

from localcloud.cloud import Cloud
from localcloud.errors import AwsError, NotInLocalcloud
from localcloud.sagemaker import (  # noqa: F401  (imported for the operations that they register)
    endpoint_configs,
    endpoints,
    model_registry,
    models,
    monitoring,
    processing_jobs,
    tags,
    training_jobs,
)
from localcloud.sagemaker.invocation import invoke
from localcloud.sagemaker.operations import call
from localcloud.sagemaker.pipelines import api  # noqa: F401  (imported for the operations that they register)
from localcloud.sagemaker.request_types import read_members
from localcloud.scope import Scope

TARGET_PREFIX = "SageMaker."
JSON = {"Content-Type": "application/x-amz-json-1.1"}
log = logging.getLogger("localcloud")


def handle(
    cloud: Cloud, scope: Scope, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Handle an HTTP request and return status, headers and body. Errors have the service's format."""
    try:
        target = headers.get("x-amz-target", "")
        if target.startswith(TARGET_PREFIX):
            answer = call(cloud, scope, target.removeprefix(TARGET_PREFIX), read_members(body))
            return 200, dict(JSON), json.dumps(answer).encode()  # a copy, because ministack adds headers to it
        parts = path.strip("/").split("/")
        if method == "POST" and len(parts) == 3 and parts[0] == "endpoints" and parts[2] == "invocations":
            return invoke(cloud, scope, parts[1], headers, body)
        if path.strip("/") == "":
            raise AwsError("UnknownOperationException", "Expected an operation in X-Amz-Target; found none.")
        raise NotInLocalcloud(f"{method} {path} of SageMaker")
    except AwsError as error:
        return _refusal(error)
    except Exception:
        log.exception("a request failed inside localcloud")
        return _refusal(AwsError("InternalFailure", f"localcloud failed: {traceback.format_exc(limit=-1)}", status=500))


def _refusal(error: AwsError) -> tuple[int, dict[str, str], bytes]:
    content = {"__type": error.code, "message": error.message, "Message": error.message, **error.members}
    return error.status, {**JSON, "x-amzn-ErrorType": error.code}, json.dumps(content).encode()
