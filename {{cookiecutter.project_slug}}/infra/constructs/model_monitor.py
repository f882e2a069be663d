"""The monitors as SageMaker Model Monitor schedules. Every kind runs our analyzer, from our image.

AWS documents own images for data quality; for the other three only what is set here is used, which nobody has
verified on AWS yet (docs/verified.md of the template).
"""

from aws_cdk import CfnCondition, CfnResource, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from contract.monitors import KINDS, MonitorKind
from infra.constructs.monitor_job import MonitorJob, job_definition
from infra.deployment import Deployment

MONITORING_TYPES: dict[MonitorKind, str] = {
    "data-quality": "DataQuality",
    "model-quality": "ModelQuality",
    "bias": "ModelBias",
    "explainability": "ModelExplainability",
}


class ModelMonitor(Construct):
    """A job definition and a schedule per kind, while there is an endpoint to watch."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        *,
        role: iam.IRole,
        key_arn: str,
        image_uri: str,
        condition: CfnCondition,
    ) -> None:
        super().__init__(scope, construct_id)
        for kind in KINDS:
            definition = job_definition(self, kind, MonitorJob(deployment, kind, role.role_arn, key_arn, image_uri))
            schedule = self._schedule(deployment, kind, definition)
            for resource in (definition, schedule):
                resource.cfn_options.condition = condition

    def _schedule(self, deployment: Deployment, kind: MonitorKind, definition: CfnResource) -> CfnResource:
        schedule = sagemaker.CfnMonitoringSchedule
        # The definition has no name of its own, since every change replaces it; its ARN ends with the one it got.
        name = Fn.select(1, Fn.split("/", definition.get_att("JobDefinitionArn").to_string()))
        return schedule(
            self,
            f"Schedule-{kind}",
            monitoring_schedule_name=deployment.names.monitoring_schedule(kind),
            monitoring_schedule_config=schedule.MonitoringScheduleConfigProperty(
                monitoring_type=MONITORING_TYPES[kind],
                monitoring_job_definition_name=name,
                schedule_config=schedule.ScheduleConfigProperty(
                    schedule_expression=deployment.environment.monitoring_cron
                ),
            ),
        )
