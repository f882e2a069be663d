"""The training pipeline, from the committed definition."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from sagemaker_mlops.environments.environment import Network
from sagemaker_mlops.environments.instance_storage import volume_key
from sagemaker_mlops.environments.jobs import Job

from infra.deployment import Deployment
from pipelines import placeholders

DEFINITIONS = Path(__file__).parents[2] / "pipelines" / "definitions"


@dataclass(frozen=True)
class _Place:
    """Where a step's jobs run, and with which limits and key."""

    job: Job
    instance_type: str
    network: Network | None
    key_arn: str

    @property
    def volume(self) -> dict[str, Any]:
        return {"VolumeSizeInGB": self.job.volume_gigabytes, **volume_key(self.instance_type, self.key_arn)}

    @property
    def time_limit(self) -> dict[str, int]:
        return {"MaxRuntimeInSeconds": 60 * self.job.time_limit_minutes}


def filled_definition(deployment: Deployment, name: str, role: str, key_arn: str) -> str:
    """A committed definition with the environment's names, key, network and limits in it, and a role for its jobs.

    Without a key of ours SageMaker encrypts outputs with one of AWS's own, which no other account can use.
    """
    names, environment = deployment.names, deployment.environment
    processing = environment.jobs.monitoring if name == "monitoring" else environment.jobs.processing
    definition = json.loads((DEFINITIONS / f"{name}.json").read_text(encoding="utf-8"))
    for step in definition["Steps"]:
        if step["Type"] == "Processing":
            place = _Place(processing, environment.processing_instance_type, environment.network, key_arn)
            _place_processing_job(step["Arguments"], place)
        elif step["Type"] == "Training":
            place = _Place(environment.jobs.training, environment.training_instance_type, environment.network, key_arn)
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


def _place_processing_job(arguments: dict[str, Any], place: _Place) -> None:
    arguments["ProcessingResources"]["ClusterConfig"] |= place.volume
    arguments["StoppingCondition"] = place.time_limit
    if "ProcessingOutputConfig" in arguments:
        arguments["ProcessingOutputConfig"]["KmsKeyId"] = place.key_arn
    if place.network:
        arguments["NetworkConfig"] = {
            "EnableInterContainerTrafficEncryption": True,
            "EnableNetworkIsolation": False,  # a job reads and writes S3 by itself where it is told to
            "VpcConfig": _vpc_config(place.network),
        }


def _place_training_job(arguments: dict[str, Any], place: _Place) -> None:
    arguments["ResourceConfig"] |= place.volume
    arguments["StoppingCondition"] = place.time_limit
    arguments["OutputDataConfig"]["KmsKeyId"] = place.key_arn
    if place.network:
        arguments["VpcConfig"] = _vpc_config(place.network)


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
