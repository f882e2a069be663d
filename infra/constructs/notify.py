"""Notify function, which starts a GitHub workflow after an approval, a rejection or a drift alarm."""

from collections.abc import Mapping

from aws_cdk import Duration, SecretValue
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct
from sagemaker_mlops.environments.names import BROKEN_ALARM
from sagemaker_mlops.events.notify.dispatch import RECONCILE_EVENT

from infra.constructs.python_function import FunctionCode, PythonFunction
from infra.constructs.removal import removal_policy
from infra.constructs.scheduled_call import ScheduledCall
from infra.constructs.statements import allow
from infra.deployment import Deployment

# The environment whose deployment file the reconcile workflow compares.
RECONCILED = "production"
RETRIES = 20
EVENT_HOURS = 12
NO_TOKEN = "none"  # noqa: S105  (initial value of the secret)


class Notify(Construct):
    """Function with its events, and the secret with its GitHub credentials.

    The team stores the key of a GitHub App, or a token, in the secret. A new value is used within a minute, without a
    deployment.
    """

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        names, github = deployment.names, deployment.settings.github
        self._deployment = deployment
        secret = secretsmanager.Secret(
            self,
            "Token",
            secret_name=names.github_secret,
            description="GitHub App (app_id, private_key) or token with which notify starts workflows",
            encryption_key=key,
            secret_string_value=SecretValue.unsafe_plain_text(NO_TOKEN),
            removal_policy=removal_policy(deployment),
        )
        code = FunctionCode(
            purpose="notify",
            description="Starts a GitHub workflow for an approval or a drift alarm",
            timeout_seconds=60,
            environment={
                "ENVIRONMENT": deployment.name,
                "GITHUB_API_URL": github.api_url,
                "GITHUB_OWNER": github.owner,
                "GITHUB_REPOSITORY": github.repository,
                "GITHUB_SECRET": names.github_secret,
            },
        )
        statements = [
            allow("ReadToken", ["secretsmanager:GetSecretValue"], [secret.secret_arn]),
            allow("UseKey", ["kms:Decrypt"], [key.key_arn]),
        ]
        self.code = PythonFunction(self, "Code", deployment, code, statements)
        if deployment.holds_registry:
            self._add_decision_rule()
        if deployment.environment.monitored:
            self._add_contract_rule()
        if deployment.name == RECONCILED and github.reconcile_every_hours:
            self._schedule_reconcile(github.reconcile_every_hours)

    def _schedule_reconcile(self, hours: int) -> None:
        """Call the function on a schedule of EventBridge.

        GitHub disables its own schedules after sixty days without activity in a public repository.

        Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#schedule
        """
        ScheduledCall(
            self,
            "Reconcile",
            self._deployment,
            purpose="workflows-hourly",
            expression=f"rate({hours} hour{'s' if hours > 1 else ''})",
            function=self.code,
            event={"detail-type": RECONCILE_EVENT, "id": "reconcile-<aws.scheduler.scheduled-time>"},
        )

    def _add_decision_rule(self) -> None:
        detail = {
            "ModelPackageGroupName": [self._deployment.names.model_package_group],
            "ModelApprovalStatus": ["Approved", "Rejected"],
        }
        self._rule("Decisions", "aws.sagemaker", "SageMaker Model Package State Change", detail)

    def _add_contract_rule(self) -> None:
        detail = {"alarmName": [self._deployment.names.alarm(BROKEN_ALARM)], "state": {"value": ["ALARM"]}}
        self._rule("BrokenContract", "aws.cloudwatch", "CloudWatch Alarm State Change", detail)

    def _rule(self, construct_id: str, source: str, detail_type: str, detail: Mapping[str, object]) -> None:
        pattern = events.EventPattern(source=[source], detail_type=[detail_type], detail=detail)
        target = targets.LambdaFunction(
            self.code.function,
            dead_letter_queue=self.code.dead_letters.queue,
            retry_attempts=RETRIES,
            max_event_age=Duration.hours(EVENT_HOURS),
        )
        events.Rule(self, construct_id, event_pattern=pattern, targets=[target])
