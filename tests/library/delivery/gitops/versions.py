"""Versions of a registry, for tests."""

from sagemaker_mlops.delivery.registry import ModelVersion

GROUP = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/shop-dev"


def arn_of(number: int) -> str:
    """ARN of a version."""
    return f"{GROUP}/{number}"


def version(number: int, approval: str = "Approved", **metadata: str) -> ModelVersion:
    """A version of the group."""
    return ModelVersion(arn_of(number), number, approval, metadata)
