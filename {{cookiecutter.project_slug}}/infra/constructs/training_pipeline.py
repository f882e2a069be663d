"""The training pipeline, from the committed definition."""

from pathlib import Path

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.deployment import Deployment
from pipelines import placeholders

DEFINITIONS = Path(__file__).parents[2] / "pipelines" / "definitions"


def filled_definition(deployment: Deployment, name: str, role: str) -> str:
    """A committed definition with the environment's names in it; its jobs run as a role of the environment."""
    names = deployment.names
    return placeholders.fill(
        (DEFINITIONS / f"{name}.json").read_text(encoding="utf-8"),
        {
            placeholders.ARTIFACT_BUCKET: names.artifact_bucket,
            placeholders.DATA_BUCKET: names.data_bucket,
            placeholders.MODEL_PACKAGE_GROUP: names.model_package_group,
            placeholders.JOB_ROLE_ARN: names.role_arn(role),
        },
    )


class TrainingPipeline(Construct):
    """The pipeline runs as the pipeline role; its jobs run as the job role, which the definition names."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, role: iam.IRole) -> None:
        super().__init__(scope, construct_id)
        self.pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=deployment.names.training_pipeline,
            role_arn=role.role_arn,
            # CDK does not convert the keys of this property, hence a plain dictionary.
            pipeline_definition={"PipelineDefinitionBody": filled_definition(deployment, "training", "job")},
        )
