"""What the compiled definitions leave open. Whoever creates the pipeline replaces every placeholder.

CDK tokens cannot be used instead: the SageMaker SDK parses S3 addresses while it compiles.
"""

ARTIFACT_BUCKET = "placeholder-artifact-bucket"
DATA_BUCKET = "placeholder-data-bucket"
MODEL_PACKAGE_GROUP = "placeholder-model-package-group"
JOB_ROLE_ARN = "arn:aws:iam::000000000000:role/placeholder-job-role"

ALL = (ARTIFACT_BUCKET, DATA_BUCKET, MODEL_PACKAGE_GROUP, JOB_ROLE_ARN)


def fill(definition: str, values: dict[str, str]) -> str:
    """Replace every placeholder in a definition; raises KeyError if a value is missing."""
    for placeholder in ALL:
        definition = definition.replace(placeholder, values[placeholder])
    return definition
