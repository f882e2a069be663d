"""The training pipeline, from the committed definition."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.deployment import Deployment
from infra.environment import Network
from infra.jobs import Job
from pipelines import placeholders

DEFINITIONS = Path(__file__).parents[2] / "pipelines" / "definitions"


def filled_definition(deployment: Deployment, name: str, role: str, key_arn: str) -> str:
    """A committed definition with the environment's names, key, network and limits in it, and a role for its jobs.

    Without a key of ours SageMaker encrypts outputs with one of AWS's own, which no other account can use.
    """
    names, environment = deployment.names, deployment.environment
    processing = environment.jobs.monitoring if name == "monitoring" else environment.jobs.processing
    definition = json.loads((DEFINITIONS / f"{name}.json").read_text(encoding="utf-8"))
    for step in definition["Steps"]:
        if step["Type"] == "Processing":
            _place_processing_job(step["Arguments"], processing, environment.network, key_arn)
        elif step["Type"] == "Training":
            _place_training_job(step["Arguments"], environment.jobs.training, environment.network, key_arn)
    return placeholders.fill(
        json.dumps(definition, indent=1),
        {
            placeholders.ARTIFACT_BUCKET: names.artifact_bucket,
            placeholders.DATA_BUCKET: names.data_bucket,
            placeholders.MODEL_PACKAGE_GROUP: names.model_package_group,
            placeholders.JOB_ROLE_ARN: names.role_arn(role),
        },
    )


def _place_processing_job(arguments: dict[str, Any], job: Job, network: Network, key_arn: str) -> None:
    arguments["ProcessingResources"]["ClusterConfig"] |= _volume(job, key_arn)
    arguments["StoppingCondition"] = _time_limit(job)
    if "ProcessingOutputConfig" in arguments:
        arguments["ProcessingOutputConfig"]["KmsKeyId"] = key_arn
    if network:
        arguments["NetworkConfig"] = {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": False,  # a job reads and writes S3 by itself where it is told to
            "VpcConfig": _vpc_config(network),
        }


def _place_training_job(arguments: dict[str, Any], job: Job, network: Network, key_arn: str) -> None:
    arguments["ResourceConfig"] |= _volume(job, key_arn)
    arguments["StoppingCondition"] = _time_limit(job)
    arguments["OutputDataConfig"]["KmsKeyId"] = key_arn
    if network:
        arguments["VpcConfig"] = _vpc_config(network)


def _volume(job: Job, key_arn: str) -> dict[str, Any]:
    return {"VolumeSizeInGB": job.volume_gigabytes, "VolumeKmsKeyId": key_arn}


def _time_limit(job: Job) -> dict[str, int]:
    return {"MaxRuntimeInSeconds": 60 * job.time_limit_minutes}


def _vpc_config(network: Network) -> dict[str, list[str]]:
    return {"SecurityGroupIds": list(network.security_groups), "Subnets": list(network.subnets)}


class TrainingPipeline(Construct):
    """The pipeline runs as the pipeline role; its jobs run as the job role, which the definition names."""

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, role: iam.IRole, key_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=deployment.names.training_pipeline,
            role_arn=role.role_arn,
            # CDK does not convert the keys of this property, hence a plain dictionary.
            pipeline_definition={"PipelineDefinitionBody": filled_definition(deployment, "training", "job", key_arn)},
        )
