"""Start-training function, through which every training starts."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.python_function import FunctionCode, PythonFunction
from infra.constructs.sagemaker_roles import MANIFEST_PREFIX, NO_CHAMPION_PREFIX
from infra.constructs.statements import allow, use_key, write_objects
from infra.deployment import Deployment


class StartTraining(Construct):
    """Function that has the retraining policy and the most recently deployed image in its variables."""

    def __init__(
        self, scope: Construct, construct_id: str, deployment: Deployment, key_arn: str, image_uri: str
    ) -> None:
        super().__init__(scope, construct_id)
        names, environment, policy = deployment.names, deployment.environment, deployment.operations.retraining
        given = environment.cooldown_minutes
        cooldown_minutes = policy.cooldown_hours * 60 if given is None else given
        code = FunctionCode(
            purpose="start-training",
            description="Starts a training for every cause: one at a time, with a cooldown",
            timeout_seconds=60,
            environment={
                "PIPELINE": names.training_pipeline,
                "MODEL_PACKAGE_GROUP": names.model_package_group,
                "DATA_BUCKET": names.data_bucket,
                "ARTIFACT_BUCKET": names.artifact_bucket,
                "CHAMPION_ENVIRONMENT": "production",
                "PROCESSING_INSTANCE_TYPE": environment.processing_instance_type,
                "TRAINING_INSTANCE_TYPE": environment.training_instance_type,
                "LEDGER": names.training_ledger,
                "COOLDOWN_MINUTES": str(cooldown_minutes),
                "UPLOAD_PAUSE_MINUTES": str(environment.upload_pause_minutes),
                "MINIMUM_NEW_ROWS": str(policy.minimum_new_rows),
                "WINDOW_MONTHS": str(policy.window_months or 0),
                "IMAGE_URI": image_uri,
            },
        )
        self.lambda_ = PythonFunction(self, "Code", deployment, code, start_training_statements(deployment, key_arn))


def start_training_statements(deployment: Deployment, key_arn: str) -> list[iam.PolicyStatement]:
    """Return the permissions of a start: ledger, pipeline, champion, training data and manifests."""
    names = deployment.names
    pipeline, group = names.training_pipeline, names.model_package_group
    data, artifacts = f"arn:aws:s3:::{names.data_bucket}", f"arn:aws:s3:::{names.artifact_bucket}"
    executions = names.arn("sagemaker", f"pipeline/{pipeline}/execution/*")
    return [
        allow(
            "KeepLedger",
            ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"],
            [names.arn("dynamodb", f"table/{names.training_ledger}")],
        ),
        allow(
            "StartPipeline",
            ["sagemaker:StartPipelineExecution", "sagemaker:ListPipelineExecutions"],
            [names.arn("sagemaker", f"pipeline/{pipeline}")],
        ),
        allow(
            "ReadExecutions",
            ["sagemaker:DescribePipelineExecution", "sagemaker:ListPipelineParametersForExecution"],
            [executions],
        ),
        allow(
            "FindChampion",
            ["sagemaker:ListModelPackages", "sagemaker:DescribeModelPackage"],
            [
                names.arn("sagemaker", f"model-package-group/{group}"),
                names.arn("sagemaker", f"model-package/{group}/*"),
            ],
        ),
        allow("ListData", ["s3:ListBucketVersions"], [data]),
        allow("CountRows", ["s3:GetObject", "s3:GetObjectVersion"], [f"{data}/data/*"]),
        allow("ReadManifests", ["s3:GetObject"], [f"{artifacts}/{MANIFEST_PREFIX}*"]),
        write_objects("Manifests", names.artifact_bucket, MANIFEST_PREFIX, NO_CHAMPION_PREFIX),
        use_key(key_arn),
    ]
