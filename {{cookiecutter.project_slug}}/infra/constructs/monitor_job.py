"""The job that a Model Monitor schedule runs, for each of the four kinds; they differ in their property names only."""

from dataclasses import dataclass
from typing import Any

from aws_cdk import CfnResource
from constructs import Construct

from contract.monitors import MonitorKind
from infra.constructs.monitor_role import REPORT_PREFIX
from infra.deployment import Deployment
from infra.instance_storage import volume_key

INPUT_PATH = "/opt/ml/processing/input/endpoint"
OUTPUT_PATH = "/opt/ml/processing/output"
ANALYZER = ("python", "-m", "monitoring.analyze")
LONGEST_RUN_SECONDS = 3_300  # the job of an hourly schedule has to end before the next begins
VOLUME_GIGABYTES = 30
LABEL_PREFIX, CAPTURE_PREFIX = "labels", "capture"
# The CloudFormation type and the beginning of its properties' names.
DEFINITION_TYPES: dict[MonitorKind, str] = {
    "data-quality": "DataQuality",
    "model-quality": "ModelQuality",
    "bias": "ModelBias",
    "explainability": "ModelExplainability",
}
LABELLED: tuple[MonitorKind, ...] = ("model-quality", "bias")


def analyzer_environment(deployment: Deployment, kind: MonitorKind) -> dict[str, str]:
    """What the analyzer is told; the same in both runtimes."""
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
    """The model package group by its ARN, since the registry may be in another account."""
    registry = deployment.registry
    return registry.arn("sagemaker", f"model-package-group/{registry.model_package_group}")


def report_uri(deployment: Deployment, kind: MonitorKind) -> str:
    """Where a kind's reports are."""
    return f"s3://{deployment.names.capture_bucket}/{REPORT_PREFIX}{kind}"


@dataclass(frozen=True)
class MonitorJob:
    """One kind's job: where it runs, as whom, in which image."""

    deployment: Deployment
    kind: MonitorKind
    role_arn: str
    key_arn: str
    image_uri: str


def job_definition(scope: Construct, construct_id: str, job: MonitorJob) -> CfnResource:
    """Make the definition. It has no name: AWS replaces it with every change, and a name would be taken then."""
    prefix = DEFINITION_TYPES[job.kind]
    properties: dict[str, Any] = {
        f"{prefix}AppSpecification": _app_specification(job),
        f"{prefix}JobInput": _input(job),
        f"{prefix}JobOutputConfig": _output(job),
        "JobResources": {"ClusterConfig": _cluster(job)},
        "RoleArn": job.role_arn,
        "StoppingCondition": {"MaxRuntimeInSeconds": LONGEST_RUN_SECONDS},
        "NetworkConfig": _network(job),
    }
    return CfnResource(scope, construct_id, type=f"AWS::SageMaker::{prefix}JobDefinition", properties=properties)


def _app_specification(job: MonitorJob) -> dict[str, Any]:
    environment = analyzer_environment(job.deployment, job.kind)
    if job.kind == "data-quality":
        return {"ImageUri": job.image_uri, "ContainerEntrypoint": list(ANALYZER), "Environment": environment}
    if job.kind == "model-quality":
        return {
            "ImageUri": job.image_uri,
            "ContainerEntrypoint": list(ANALYZER),
            "Environment": environment,
            "ProblemType": "BinaryClassification",
        }
    # Clarify's definitions have no entry point: the image's own is told by the environment what it is to be.
    config_uri = f"{report_uri(job.deployment, job.kind)}/analysis_config.json"
    return {"ImageUri": job.image_uri, "ConfigUri": config_uri, "Environment": environment}


def _input(job: MonitorJob) -> dict[str, Any]:
    names = job.deployment.names
    endpoint: dict[str, Any] = {"EndpointName": names.endpoint, "LocalPath": INPUT_PATH}
    if job.kind not in LABELLED:
        return {"EndpointInput": endpoint}
    return {
        "EndpointInput": {**endpoint, "ProbabilityAttribute": "probability"},
        "GroundTruthS3Input": {"S3Uri": f"s3://{names.capture_bucket}/{LABEL_PREFIX}"},
    }


def _output(job: MonitorJob) -> dict[str, Any]:
    output = {"LocalPath": OUTPUT_PATH, "S3Uri": report_uri(job.deployment, job.kind), "S3UploadMode": "EndOfJob"}
    return {"KmsKeyId": job.key_arn, "MonitoringOutputs": [{"S3Output": output}]}


def _cluster(job: MonitorJob) -> dict[str, Any]:
    instance_type = job.deployment.environment.processing_instance_type
    return {
        "InstanceCount": 1,
        "InstanceType": instance_type,
        "VolumeSizeInGB": VOLUME_GIGABYTES,
        **volume_key(instance_type, job.key_arn),
    }


def _network(job: MonitorJob) -> dict[str, Any]:
    """The analyzer reads the registry and publishes metrics, so it needs the network."""
    network = job.deployment.environment.network
    config: dict[str, Any] = {"EnableNetworkIsolation": False, "EnableInterContainerTrafficEncryption": True}
    if network:
        config["VpcConfig"] = {
            "SecurityGroupIds": list(network.security_groups),
            "Subnets": list(network.subnets),
        }
    return config
