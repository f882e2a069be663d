"""The monitors as SageMaker Model Monitor schedules: one per kind, each of a data quality definition of our image."""

from aws_cdk import CfnCondition, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from sagemaker_mlops.contract.monitors import KINDS, MonitorKind

from infra.constructs.monitor_job import MonitorJob, job_definition
from infra.deployment import Deployment


class ModelMonitor(Construct):
    """A job definition and a schedule per kind, while there is an endpoint to monitor."""

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
            job = MonitorJob(deployment, kind, role.role_arn, key_arn, image_uri)
            # Not `kind` alone: CloudFormation refuses another type under a logical id that earlier versions used.
            definition = job_definition(self, f"Definition-{kind}", job)
            schedule = self._schedule(deployment, kind, definition)
            for resource in (definition, schedule):
                resource.cfn_options.condition = condition

    def _schedule(
        self, deployment: Deployment, kind: MonitorKind, definition: sagemaker.CfnDataQualityJobDefinition
    ) -> sagemaker.CfnMonitoringSchedule:
        schedule = sagemaker.CfnMonitoringSchedule
        # The definition has no name of its own, since every change replaces it; its ARN ends with the one it got.
        name = Fn.select(1, Fn.split("/", definition.attr_job_definition_arn))
        return schedule(
            self,
            f"Schedule-{kind}",
            monitoring_schedule_name=deployment.names.monitoring_schedule(kind),
            monitoring_schedule_config=schedule.MonitoringScheduleConfigProperty(
                monitoring_type="DataQuality",
                monitoring_job_definition_name=name,
                schedule_config=schedule.ScheduleConfigProperty(
                    schedule_expression=deployment.environment.monitoring_cron
                ),
            ),
        )
