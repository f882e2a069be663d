"""Job of a Model Monitor schedule: a data quality job definition that runs the analyzer.

All four kinds of monitors use this type, because AWS documents custom images for it. The other types run AWS's own
containers first or expect their files: the merge of ground truth for model quality and bias, an analysis_config.json
for bias and explainability. The analyzer reads labels, captured requests and baselines itself, so it needs none of
these.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-containers.html
"""

from dataclasses import dataclass

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct
from sagemaker_mlops.contract.monitors import MonitorKind
from sagemaker_mlops.environments.instance_storage import volume_key

from infra.constructs.monitor_role import REPORT_PREFIX
from infra.deployment import Deployment

INPUT_PATH = "/opt/ml/processing/input/endpoint"
OUTPUT_PATH = "/opt/ml/processing/output"
ANALYZER = ("python", "-m", "sagemaker_mlops.monitoring.analyze")
LABEL_PREFIX, CAPTURE_PREFIX = "labels", "capture"


def analyzer_environment(deployment: Deployment, kind: MonitorKind) -> dict[str, str]:
    """Return the environment variables of the analyzer.

    MONITOR_KIND alone selects the kind of monitor, in both runtimes.
    """
    names = deployment.names
    return {
        "MONITOR_KIND": kind,
        "MONITOR_ENDPOINT": names.endpoint,
        "MONITOR_NAMESPACE": names.monitoring_namespace,
        "MONITOR_CAPTURE_URI": f"s3://{names.capture_bucket}/{CAPTURE_PREFIX}/{names.endpoint}",
        "MONITOR_LABELS_URI": f"s3://{names.capture_bucket}/{LABEL_PREFIX}",
        "MONITOR_REPORT_URI": report_uri(deployment, kind),
        "MONITOR_MODEL_PACKAGE_GROUP": registry_group_arn(deployment),
        "MONITOR_WINDOW_HOURS": str(deployment.environment.monitoring_window_hours),
        "MONITOR_REASON_DIRECTORY": "/opt/ml/output",
    }


def registry_group_arn(deployment: Deployment) -> str:
    """Return the ARN of the model package group.

    An ARN is needed because the registry may be in another account.
    """
    registry = deployment.registry
    return registry.arn("sagemaker", f"model-package-group/{registry.model_package_group}")


def report_uri(deployment: Deployment, kind: MonitorKind) -> str:
    """Return the s3:// address of the reports of a kind of monitor."""
    return f"s3://{deployment.names.capture_bucket}/{REPORT_PREFIX}{kind}"


@dataclass(frozen=True)
class MonitorJob:
    """Job of one kind of monitor, with its role, key and image."""

    deployment: Deployment
    kind: MonitorKind
    role_arn: str
    key_arn: str
    image_uri: str


def job_definition(scope: Construct, construct_id: str, job: MonitorJob) -> sagemaker.CfnDataQualityJobDefinition:
    """Create the job definition.

    It has no name, because AWS replaces it with every change and a fixed name would be in use.
    """
    definition, limits = sagemaker.CfnDataQualityJobDefinition, job.deployment.environment.jobs.monitoring
    return definition(
        scope,
        construct_id,
        data_quality_app_specification=definition.DataQualityAppSpecificationProperty(
            image_uri=job.image_uri,
            container_entrypoint=list(ANALYZER),
            environment=analyzer_environment(job.deployment, job.kind),
        ),
        data_quality_job_input=definition.DataQualityJobInputProperty(
            endpoint_input=definition.EndpointInputProperty(
                endpoint_name=job.deployment.names.endpoint, local_path=INPUT_PATH
            )
        ),
        data_quality_job_output_config=_output(job),
        job_resources=definition.MonitoringResourcesProperty(cluster_config=_cluster(job)),
        role_arn=job.role_arn,
        stopping_condition=definition.StoppingConditionProperty(max_runtime_in_seconds=60 * limits.time_limit_minutes),
        network_config=_network(job),
    )


def _output(job: MonitorJob) -> sagemaker.CfnDataQualityJobDefinition.MonitoringOutputConfigProperty:
    definition = sagemaker.CfnDataQualityJobDefinition
    place = definition.S3OutputProperty(
        local_path=OUTPUT_PATH, s3_uri=report_uri(job.deployment, job.kind), s3_upload_mode="EndOfJob"
    )
    return definition.MonitoringOutputConfigProperty(
        kms_key_id=job.key_arn, monitoring_outputs=[definition.MonitoringOutputProperty(s3_output=place)]
    )


def _cluster(job: MonitorJob) -> sagemaker.CfnDataQualityJobDefinition.ClusterConfigProperty:
    instance_type = job.deployment.environment.processing_instance_type
    return sagemaker.CfnDataQualityJobDefinition.ClusterConfigProperty(
        instance_count=1,
        instance_type=instance_type,
        volume_size_in_gb=job.deployment.environment.jobs.monitoring.volume_gigabytes,
        volume_kms_key_id=volume_key(instance_type, job.key_arn).get("VolumeKmsKeyId"),
    )


def _network(job: MonitorJob) -> sagemaker.CfnDataQualityJobDefinition.NetworkConfigProperty:
    """Return the network configuration.

    The analyzer needs network access to read the registry and to publish metrics.
    """
    definition, network = sagemaker.CfnDataQualityJobDefinition, job.deployment.environment.network
    vpc = definition.VpcConfigProperty(security_group_ids=list(network.security_groups), subnets=list(network.subnets))
    return definition.NetworkConfigProperty(
        enable_network_isolation=False,
        enable_inter_container_traffic_encryption=True,
        vpc_config=vpc if network else None,
    )
