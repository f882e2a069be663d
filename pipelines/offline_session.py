"""SageMaker SDK session without access to AWS.

With it, compiling has no side effect and needs no credentials. Import this module before any module of `sagemaker`,
because the SDK creates a boto3 client while it is imported.
"""

import logging
import os
import warnings
from typing import Any, NoReturn

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"  # otherwise roles are checked with iam:SimulatePrincipalPolicy
os.environ.pop("AWS_PROFILE", None)

import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker_mlops.definitions.placeholders import ARTIFACT_BUCKET

NO_TELEMETRY = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


def _refuse(event_name: str, **_: Any) -> NoReturn:
    raise RuntimeError(f"compiling a pipeline tried to call AWS: {event_name}; definitions must be built offline")


def offline_session() -> PipelineSession:
    """Return a session in which every AWS call raises RuntimeError.

    The SDK logs what it omits from a definition. Only its errors are shown.
    """
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", message="Running within a PipelineSession")
    boto_session = boto3.Session(
        aws_access_key_id="offline",
        aws_secret_access_key="offline",  # noqa: S106  (no secret: nothing is called)
        region_name=os.environ["AWS_DEFAULT_REGION"],
    )
    boto_session._session.register("before-send", _refuse)
    session = PipelineSession(boto_session=boto_session, default_bucket=ARTIFACT_BUCKET, sagemaker_config=NO_TELEMETRY)
    session._default_bucket = ARTIFACT_BUCKET  # otherwise the SDK requests the bucket from AWS
    return session
