"""Permissions of the training pipeline, its jobs and the endpoint, limited to what their calls need."""

from aws_cdk import aws_iam as iam
from sagemaker_mlops.environments.names import DATA_PREFIX

from infra.constructs.buckets import MODEL_PREFIX
from infra.constructs.statements import (
    allow,
    encrypt_volumes,
    pull_image,
    put_metrics,
    read_image,
    read_objects,
    read_with_key_of,
    use_key,
    use_network,
    write_objects,
    write_sagemaker_logs,
)
from infra.deployment import Deployment

SAGEMAKER = "sagemaker.amazonaws.com"
# Pipelines name their jobs: https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
JOB_PREFIX = "pipelines-"
MANIFEST_PREFIX, NO_CHAMPION_PREFIX = "manifests/", "no-champion/"


def job_statements(deployment: Deployment, key_arn: str) -> list[iam.PolicyStatement]:
    """Return the permissions of a job: read data, write artifacts, write logs and pull its image."""
    names = deployment.names
    return [
        # Only reads by version: a step downloads the objects of its manifest itself.
        allow("ReadData", ["s3:GetObjectVersion"], [f"arn:aws:s3:::{names.data_bucket}/{DATA_PREFIX}*"]),
        *read_objects("Artifacts", names.artifact_bucket),
        write_objects("Artifacts", names.artifact_bucket, MODEL_PREFIX),
        use_key(key_arn),
        encrypt_volumes(key_arn),
        *pull_image(deployment.registry),
        write_sagemaker_logs(names),
        put_metrics("/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs"),
        *use_network(deployment),
    ]


def pipeline_statements(deployment: Deployment, key_arn: str) -> list[iam.PolicyStatement]:
    """Return the permissions of the pipeline: run jobs, read their results and register the model.

    The jobs run with the job role.
    """
    names = deployment.names
    jobs = [names.arn("sagemaker", f"{kind}/{JOB_PREFIX}*") for kind in ("processing-job", "training-job")]
    group = names.model_package_group
    return [
        allow("RunProcessingJobs", ["sagemaker:CreateProcessingJob"], [jobs[0]]),
        allow("RunTrainingJobs", ["sagemaker:CreateTrainingJob"], [jobs[1]]),
        allow("FollowProcessingJobs", ["sagemaker:DescribeProcessingJob"], [jobs[0]]),
        allow("FollowTrainingJobs", ["sagemaker:DescribeTrainingJob"], [jobs[1]]),
        allow("StopJobs", ["sagemaker:StopProcessingJob", "sagemaker:StopTrainingJob"], jobs),
        allow("TagJobs", ["sagemaker:AddTags"], jobs),
        allow(
            "PassJobRole",
            ["iam:PassRole"],
            [names.role_arn("job")],
            {"StringEquals": {"iam:PassedToService": SAGEMAKER}},
        ),
        allow(
            "RegisterModel",
            ["sagemaker:CreateModelPackage"],
            [
                names.arn("sagemaker", f"model-package-group/{group}"),
                names.arn("sagemaker", f"model-package/{group}/*"),
            ],
        ),
        read_image(deployment.registry),
        allow("ReadVerdicts", ["s3:GetObject"], [f"arn:aws:s3:::{names.artifact_bucket}/{MODEL_PREFIX}*"]),
        allow("UseKey", ["kms:Decrypt"], [key_arn]),
        encrypt_volumes(key_arn),
    ]


def endpoint_statements(deployment: Deployment, key_arn: str) -> list[iam.PolicyStatement]:
    """Return the permissions of an endpoint: read archive and image, write logs and capture requests."""
    names, registry = deployment.names, deployment.registry
    captured = deployment.environment.endpoint.captured_percent > 0
    return [
        *read_objects("Model", registry.artifact_bucket, MODEL_PREFIX),
        *([] if deployment.holds_registry else [read_with_key_of(registry)]),
        *([write_objects("Capture", names.capture_bucket)] if captured else []),
        use_key(key_arn),
        encrypt_volumes(key_arn),
        # SageMaker checks the guard alarms of a rollout with this role.
        allow("WatchGuards", ["cloudwatch:DescribeAlarms"], [names.arn("cloudwatch", "alarm:*")]),
        *pull_image(registry),
        write_sagemaker_logs(names),
        put_metrics("/aws/sagemaker/Endpoints"),
        *use_network(deployment),
    ]
