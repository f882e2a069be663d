"""Monitors as a pipeline that EventBridge Scheduler starts.

This runtime is for accounts without access to Model Monitor.
"""

from aws_cdk import CfnCondition
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct
from sagemaker_mlops.contract.monitors import KINDS, MonitorKind

from infra.constructs.monitor_job import CAPTURE_PREFIX, LABEL_PREFIX, registry_group_arn, report_uri
from infra.constructs.service_role import service_role
from infra.constructs.statements import allow
from infra.constructs.training_pipeline import filled_definition
from infra.deployment import Deployment

RETRIES = 4
EVENT_SECONDS = 3600


class ScheduledMonitors(Construct):
    """Pipeline with one schedule per kind of monitor, which exist only with an endpoint."""

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
        names = deployment.names
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=names.monitoring_pipeline,
            role_arn=role.role_arn,
            # A plain dictionary, because CDK does not convert the keys of this property.
            pipeline_definition={
                "PipelineDefinitionBody": filled_definition(deployment, "monitoring", "monitoring", key_arn)
            },
        )
        pipeline_arn = names.arn("sagemaker", f"pipeline/{names.monitoring_pipeline}")
        start = [allow("StartPipeline", ["sagemaker:StartPipelineExecution"], [pipeline_arn])]
        starter = service_role(
            self, deployment, "monitoring-schedule", "scheduler.amazonaws.com", "Starts the monitors", start
        )
        for kind in KINDS:
            schedule = _schedule(self, deployment, kind, pipeline_arn, starter.role_arn, image_uri)
            schedule.cfn_options.condition = condition
            schedule.add_resource_dependency(pipeline)


def _schedule(
    scope: Construct, deployment: Deployment, kind: MonitorKind, pipeline_arn: str, role_arn: str, image_uri: str
) -> scheduler.CfnSchedule:
    schedule = scheduler.CfnSchedule
    names = deployment.names
    parameters = {
        "ImageUri": image_uri,
        "MonitorKind": kind,
        "EndpointName": names.endpoint,
        "CaptureUri": f"s3://{names.capture_bucket}/{CAPTURE_PREFIX}/{names.endpoint}",
        "LabelsUri": f"s3://{names.capture_bucket}/{LABEL_PREFIX}",
        "ReportUri": report_uri(deployment, kind),
        "ModelPackageGroup": registry_group_arn(deployment),
        "MetricNamespace": names.monitoring_namespace,
        "WindowHours": str(deployment.environment.monitoring_window_hours),
        "InstanceType": deployment.environment.processing_instance_type,
    }
    return schedule(
        scope,
        f"Schedule-{kind}",
        name=names.monitoring_schedule(kind),
        schedule_expression=deployment.environment.monitoring_cron,
        schedule_expression_timezone="UTC",
        flexible_time_window=schedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=schedule.TargetProperty(
            arn=pipeline_arn,
            role_arn=role_arn,
            retry_policy=schedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=EVENT_SECONDS, maximum_retry_attempts=RETRIES
            ),
            sage_maker_pipeline_parameters=schedule.SageMakerPipelineParametersProperty(
                pipeline_parameter_list=[
                    schedule.SageMakerPipelineParameterProperty(name=name, value=value)
                    for name, value in parameters.items()
                ]
            ),
        ),
    )
