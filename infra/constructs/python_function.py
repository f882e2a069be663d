"""Lambda function of the library's `events` package, with the locked packages, built without Docker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import AssetHashType, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.dead_letters import DeadLetters
from infra.constructs.service_role import service_role
from infra.constructs.statements import allow
from infra.deployment import Deployment
from infra.function_archive import function_archive, source_hash


@dataclass(frozen=True)
class FunctionCode:
    """Purpose, description, timeout and environment variables of a function."""

    purpose: str
    description: str
    timeout_seconds: int
    environment: Mapping[str, str]

    @property
    def package(self) -> str:
        """Python package of the function, such as `start_training` for start-training."""
        return self.purpose.replace("-", "_")


class PythonFunction(Construct):
    """Function with its role, its log group, and a queue with an alarm for events that it cannot handle."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        code: FunctionCode,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        name = names.function(code.purpose)
        self.dead_letters = DeadLetters(self, "DeadLetters", deployment, code.purpose)
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        write_logs = allow(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            [names.arn("logs", f"log-group:/aws/lambda/{name}:*")],
        )
        keep = allow("KeepDeadLetters", ["sqs:SendMessage"], [self.dead_letters.queue.queue_arn])
        role = service_role(
            self, deployment, code.purpose, "lambda.amazonaws.com", code.description, [*statements, write_logs, keep]
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=code.description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"sagemaker_mlops.events.{code.package}.handler.handle",
            code=lambda_.Code.from_asset(
                str(function_archive()),
                asset_hash=source_hash(),
                asset_hash_type=AssetHashType.CUSTOM,
            ),
            role=role.without_policy_updates(),
            timeout=Duration.seconds(code.timeout_seconds),
            memory_size=256,
            environment={"POWERTOOLS_SERVICE_NAME": code.purpose, **code.environment},
            log_group=log_group,
            dead_letter_queue=self.dead_letters.queue,
            retry_attempts=2,
        )
