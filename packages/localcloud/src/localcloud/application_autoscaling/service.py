"""Application Auto Scaling, for HTTP requests and for the resource types of stacks."""

import json
import logging
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel

from localcloud.application_autoscaling.policies import delete_policy, describe_policies, put_policy
from localcloud.application_autoscaling.targets import deregister, describe, register
from localcloud.cloud import Cloud
from localcloud.errors import AwsError, NotInLocalcloud
from localcloud.sagemaker.request_validation import validate_request
from localcloud.scope import Scope

NAME, TARGET_PREFIX = "application-autoscaling", "AnyScaleFrontendService."
CONTENT = {"Content-Type": "application/x-amz-json-1.1"}
Members = dict[str, Any]
OPERATIONS: dict[str, Callable[[Cloud, Scope, Members], Members]] = {
    "RegisterScalableTarget": register,
    "DeregisterScalableTarget": deregister,
    "DescribeScalableTargets": describe,
    "PutScalingPolicy": put_policy,
    "DeleteScalingPolicy": delete_policy,
    "DescribeScalingPolicies": describe_policies,
}
log = logging.getLogger("localcloud")


@cache
def _model() -> ServiceModel:
    return botocore.session.Session().get_service_model(NAME)


def call(cloud: Cloud, scope: Scope, operation: str, members: Members) -> Members:
    """Validate a request, run its operation and return the response.

    Raises:
        AwsError: with the service's code and message.
        NotInLocalcloud: for an operation that localcloud does not implement.
    """
    if operation not in OPERATIONS:
        raise NotInLocalcloud(f"{NAME}:{operation}")
    validate_request(members, _model().operation_model(operation).input_shape)
    return OPERATIONS[operation](cloud, scope, members)


def handle(
    cloud: Cloud, scope: Scope, _method: str, _path: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Handle an HTTP request and return status, headers and body."""
    try:
        operation = headers.get("x-amz-target", "").removeprefix(TARGET_PREFIX)
        answer = call(cloud, scope, operation, json.loads(body or b"{}"))
        return 200, dict(CONTENT), json.dumps(answer).encode()
    except AwsError as error:
        return _refusal(error)
    except ValueError:
        return _refusal(AwsError("SerializationException", "The request is not valid JSON."))
    except Exception:
        log.exception("a request failed inside localcloud")
        return _refusal(AwsError("InternalServiceException", traceback.format_exc(limit=-1), status=500))


def _refusal(error: AwsError) -> tuple[int, dict[str, str], bytes]:
    content = {"__type": error.code, "Message": error.message, "message": error.message}
    return error.status, {**CONTENT, "x-amzn-ErrorType": error.code}, json.dumps(content).encode()
