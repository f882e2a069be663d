"""Training pipeline, created from the committed definition."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from sagemaker_mlops.definitions import placeholders
from sagemaker_mlops.environments.environment import Network
from sagemaker_mlops.environments.instance_storage import volume_key
from sagemaker_mlops.environments.jobs import Job

from infra.deployment import Deployment

DEFINITIONS = Path(__file__).parents[2] / "pipelines" / "definitions"


@dataclass(frozen=True)
class JobSettings:
    """Location of a step's jobs: instance type, network, limits and key."""

    job: Job
    instance_type: str
    network: Network | None
    key_arn: str

    @property
    def volume(self) -> dict[str, Any]:
        """Volume of an instance, encrypted with the environment's key."""
        return {"VolumeSizeInGB": self.job.volume_gigabytes, **volume_key(self.instance_type, self.key_arn)}

    @property
    def time_limit(self) -> dict[str, int]:
        """Stopping condition of a job."""
        return {"MaxRuntimeInSeconds": 60 * self.job.time_limit_minutes}


def filled_definition(deployment: Deployment, name: str, role: str, key_arn: str) -> str:
    """Return a committed definition with the environment's names, key, network, limits and role filled in.

    Without a customer managed key, SageMaker encrypts outputs with a key of AWS that other accounts cannot use.

    Args:
        deployment: environment that the definition is for.
        name: name of the definition, `training` or `monitoring`.
        role: purpose of the role of the jobs.
        key_arn: ARN of the environment's key.
    """
    names, environment = deployment.names, deployment.environment
    processing = environment.jobs.monitoring if name == "monitoring" else environment.jobs.processing
    definition = json.loads((DEFINITIONS / f"{name}.json").read_text(encoding="utf-8"))
    for step in definition["Steps"]:
        if step["Type"] == "Processing":
            place = JobSettings(processing, environment.processing_instance_type, environment.network, key_arn)
            _configure_processing_job(step["Arguments"], place)
        elif step["Type"] == "Training":
            place = JobSettings(
                environment.jobs.training, environment.training_instance_type, environment.network, key_arn
            )
            _place_training_job(step["Arguments"], place)
    return placeholders.fill(
        json.dumps(definition, indent=1),
        {
            placeholders.ARTIFACT_BUCKET: names.artifact_bucket,
            placeholders.DATA_BUCKET: names.data_bucket,
            placeholders.MODEL_PACKAGE_GROUP: names.model_package_group,
            placeholders.JOB_ROLE_ARN: names.role_arn(role),
        },
    )


def _configure_processing_job(arguments: dict[str, Any], place: JobSettings) -> None:
    arguments["ProcessingResources"]["ClusterConfig"] |= place.volume
    arguments["StoppingCondition"] = place.time_limit
    if "ProcessingOutputConfig" in arguments:
        arguments["ProcessingOutputConfig"]["KmsKeyId"] = place.key_arn
    if place.network:
        arguments["NetworkConfig"] = {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": False,  # jobs read and write S3 themselves
            "VpcConfig": _vpc_config(place.network),
        }


def _place_training_job(arguments: dict[str, Any], place: JobSettings) -> None:
    arguments["ResourceConfig"] |= place.volume
    arguments["StoppingCondition"] = place.time_limit
    arguments["OutputDataConfig"]["KmsKeyId"] = place.key_arn
    if place.network:
        arguments["VpcConfig"] = _vpc_config(place.network)


def _vpc_config(network: Network) -> dict[str, list[str]]:
    return {"SecurityGroupIds": list(network.security_groups), "Subnets": list(network.subnets)}


class TrainingPipeline(Construct):
    """Pipeline that runs with the pipeline role. Its jobs run with the job role of the definition."""

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, role: iam.IRole, key_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=deployment.names.training_pipeline,
            role_arn=role.role_arn,
            # A plain dictionary, because CDK does not convert the keys of this property.
            pipeline_definition={"PipelineDefinitionBody": filled_definition(deployment, "training", "job", key_arn)},
        )
