"""Make what an environment needs before its first training: buckets, role, model package group, pipeline.

On AWS this is the work of the infrastructure's stacks; this command is the laptop's way until they take it over.
"""

import json
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from delivery.target import Target
from pipelines import placeholders

DEFINITION_FILE = Path(__file__).parent.parent / "pipelines" / "definitions" / "training.json"
NO_CHAMPION_KEY = "no-champion/README"
ALREADY_THERE = {"BucketAlreadyOwnedByYou", "EntityAlreadyExists"}
TRUST_SAGEMAKER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def pipeline_definition(target: Target) -> str:
    """The committed definition with the environment's names in it."""
    names = target.names
    return placeholders.fill(
        DEFINITION_FILE.read_text(encoding="utf-8"),
        {
            placeholders.ARTIFACT_BUCKET: names.artifact_bucket,
            placeholders.DATA_BUCKET: names.data_bucket,
            placeholders.MODEL_PACKAGE_GROUP: names.model_package_group,
            placeholders.ROLE_ARN: names.pipeline_role_arn,
        },
    )


def prepare_environment(target: Target) -> list[str]:
    """Make what is missing and bring the pipeline up to date; returns what is there now, in words."""
    for bucket in (target.names.data_bucket, target.names.artifact_bucket):
        _make_bucket(target, bucket)
    target.client("s3").put_object(
        Bucket=target.names.artifact_bucket,
        Key=NO_CHAMPION_KEY,
        Body=b"Jobs copy this prefix while no champion serves; an input without objects would fail them.\n",
    )
    _make_role(target)
    sagemaker = target.client("sagemaker")
    group = target.names.model_package_group
    _unless_there(lambda: sagemaker.create_model_package_group(ModelPackageGroupName=group))
    _put_pipeline(target)
    return [
        f"data bucket {target.names.data_bucket}",
        f"artifact bucket {target.names.artifact_bucket}",
        f"model package group {group}",
        f"pipeline {target.names.training_pipeline}",
    ]


def _make_bucket(target: Target, bucket: str) -> None:
    s3, region = target.client("s3"), target.environment.region
    # S3 refuses us-east-1 as a constraint, and asks for one everywhere else.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    _unless_there(lambda: s3.create_bucket(Bucket=bucket, **place))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _make_role(target: Target) -> None:
    iam = target.client("iam")
    trust = json.dumps(TRUST_SAGEMAKER)
    _unless_there(lambda: iam.create_role(RoleName=target.names.pipeline_role, AssumeRolePolicyDocument=trust))


def _put_pipeline(target: Target) -> None:
    sagemaker = target.client("sagemaker")
    pipeline = {
        "PipelineName": target.names.training_pipeline,
        "PipelineDefinition": pipeline_definition(target),
        "RoleArn": target.names.pipeline_role_arn,
    }
    try:
        sagemaker.describe_pipeline(PipelineName=pipeline["PipelineName"])
    except sagemaker.exceptions.ResourceNotFound:
        sagemaker.create_pipeline(**pipeline, ClientRequestToken=f"create-{pipeline['PipelineName']}".ljust(32, "-"))
    else:
        sagemaker.update_pipeline(**pipeline)


def _unless_there(make: Callable[[], object]) -> None:
    try:
        make()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ALREADY_THERE and "already exists" not in str(error):
            raise
