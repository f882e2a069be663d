"""CloudFormation parameters that change with a release.

A deployment that omits them keeps their values.
"""

from aws_cdk import CfnParameter
from constructs import Construct

IMAGE_PATTERN = r"^$|^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9/_.-]+@sha256:[0-9a-f]{64}$"
MODEL_PACKAGE_PATTERN = r"^$|^arn:aws:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[A-Za-z0-9-]+/[0-9]+$"


def image_uri_parameter(scope: Construct, description: str) -> CfnParameter:
    """Return a parameter for an image by digest, which may be empty."""
    return CfnParameter(
        scope,
        "ImageUri",
        default="",
        allowed_pattern=IMAGE_PATTERN,
        constraint_description="an image of the repository by digest, or empty",
        description=description,
    )


def model_package_parameter(scope: Construct, name: str, description: str) -> CfnParameter:
    """Return a parameter for the ARN of a version, which may be empty."""
    return CfnParameter(
        scope,
        name,
        default="",
        allowed_pattern=MODEL_PACKAGE_PATTERN,
        constraint_description="the ARN of a model version, or empty",
        description=description,
    )
