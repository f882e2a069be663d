"""Monitors as SageMaker Model Monitor schedules, one per kind.

Each schedule has a data quality job definition with the analyzer's image.
"""

from aws_cdk import CfnCondition, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from sagemaker_mlops.contract.monitors import KINDS, MonitorKind

from infra.constructs.monitor_job import MonitorJob, job_definition
from infra.deployment import Deployment


class ModelMonitor(Construct):
    """Job definition and schedule of each kind of monitor, which exist only with an endpoint."""

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
            # Not `kind` alone: earlier versions used it as the logical id of another resource type, and the type of a
            # logical id cannot change.
            definition = job_definition(self, f"Definition-{kind}", job)
            schedule = self._schedule(deployment, kind, definition)
            for resource in (definition, schedule):
                resource.cfn_options.condition = condition

    def _schedule(
        self, deployment: Deployment, kind: MonitorKind, definition: sagemaker.CfnDataQualityJobDefinition
    ) -> sagemaker.CfnMonitoringSchedule:
        schedule = sagemaker.CfnMonitoringSchedule
        # The definition has a generated name, because every change replaces it. The name is the last part of its ARN.
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
