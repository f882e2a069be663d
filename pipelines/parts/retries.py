"""Retry policies of the steps."""

from sagemaker.mlops.workflow import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)

SERVICE_RETRIES = [
    StepRetryPolicy(
        [StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
        max_attempts=5,
        interval_seconds=5,
        backoff_rate=2.0,
    ),
]
JOB_RETRIES = [
    *SERVICE_RETRIES,
    SageMakerJobStepRetryPolicy(
        failure_reason_types=[
            SageMakerJobExceptionTypeEnum.INTERNAL_ERROR,
            SageMakerJobExceptionTypeEnum.CAPACITY_ERROR,
        ],
        max_attempts=3,
        interval_seconds=60,
        backoff_rate=2.0,
    ),
]
