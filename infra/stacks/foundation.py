"""Foundation stack: resources that the other stacks of an environment depend on. It changes rarely."""

from collections.abc import Callable

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.alarm_topic import AlarmTopic
from infra.constructs.buckets import Buckets
from infra.constructs.budget import Budget
from infra.constructs.encryption_key import EncryptionKey
from infra.constructs.github_access import GitHubAccess
from infra.constructs.image_repository import ImageRepository
from infra.constructs.sagemaker_roles import SAGEMAKER, endpoint_statements, job_statements, pipeline_statements
from infra.constructs.service_role import service_role
from infra.deployment import Deployment

Statements = Callable[[Deployment, str], list[iam.PolicyStatement]]


class FoundationStack(Stack):
    """Stack of the key, buckets, image repository, roles, access for GitHub, alarm topic and budget."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id, stack_name=deployment.names.stack("foundation"))
        self.key = EncryptionKey(self, "Encryption", deployment).key
        self.buckets = Buckets(self, "Buckets", deployment, self.key)
        self.alarm_topic = AlarmTopic(self, "Alarms", deployment, self.key).topic
        if deployment.holds_registry:
            ImageRepository(self, "Images", deployment, self.key)
        if deployment.environment.trains:
            self.job_role = self._role(deployment, "job", "Jobs of the training", job_statements)
            self.pipeline_role = self._role(deployment, "pipeline", "The training pipeline", pipeline_statements)
        if deployment.environment.serves:
            self.endpoint_role = self._role(deployment, "endpoint", "The endpoint", endpoint_statements)
        GitHubAccess(self, "GitHub", deployment)
        if deployment.environment.monthly_budget_usd:
            Budget(self, "Costs", deployment, deployment.environment.monthly_budget_usd)

    def _role(self, deployment: Deployment, purpose: str, description: str, statements: Statements) -> iam.Role:
        return service_role(self, deployment, purpose, SAGEMAKER, description, statements(deployment, self.key.key_arn))
