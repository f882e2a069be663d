"""Placeholders in the compiled definitions, which the stacks replace when they create a pipeline.

CDK tokens cannot be used instead, because the SageMaker SDK parses S3 addresses while it compiles.
"""

ARTIFACT_BUCKET = "placeholder-artifact-bucket"
DATA_BUCKET = "placeholder-data-bucket"
MODEL_PACKAGE_GROUP = "placeholder-model-package-group"
JOB_ROLE_ARN = "arn:aws:iam::000000000000:role/placeholder-job-role"

ALL = (ARTIFACT_BUCKET, DATA_BUCKET, MODEL_PACKAGE_GROUP, JOB_ROLE_ARN)


def fill(definition: str, values: dict[str, str]) -> str:
    """Replace each placeholder in a definition.

    Args:
        definition: text of the definition.
        values: value of each placeholder.

    Raises:
        KeyError: if a value is missing.
    """
    for placeholder in ALL:
        definition = definition.replace(placeholder, values[placeholder])
    return definition
