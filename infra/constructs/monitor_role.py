"""IAM role of the monitoring jobs."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.buckets import MODEL_PREFIX
from infra.constructs.sagemaker_roles import JOB_PREFIX, SAGEMAKER
from infra.constructs.service_role import service_role
from infra.constructs.statements import (
    allow,
    encrypt_volumes,
    pull_image,
    put_metrics,
    read_objects,
    read_with_key_of,
    use_key,
    use_network,
    write_objects,
    write_sagemaker_logs,
)
from infra.deployment import Deployment

REPORT_PREFIX = "monitoring/"


def monitor_role(scope: Construct, deployment: Deployment, key_arn: str) -> iam.Role:
    """Create the role of the monitoring jobs.

    It reads requests, labels and baselines, and writes only reports and metrics.
    """
    return service_role(
        scope, deployment, "monitoring", SAGEMAKER, "The monitors", monitor_statements(deployment, key_arn)
    )


def monitor_statements(deployment: Deployment, key_arn: str) -> list[iam.PolicyStatement]:
    """Return the permissions of a monitor. With the scheduled pipeline they include running its own jobs."""
    names, registry = deployment.names, deployment.registry
    group = registry.model_package_group
    return [
        *read_objects("Capture", names.capture_bucket),
        write_objects("Reports", names.capture_bucket, REPORT_PREFIX),
        *read_objects("Baselines", registry.artifact_bucket, MODEL_PREFIX),
        *([] if deployment.holds_registry else [read_with_key_of(registry)]),
        allow(
            "FindBaselines",
            ["sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"],
            [
                registry.arn("sagemaker", f"model-package-group/{group}"),
                registry.arn("sagemaker", f"model-package/{group}/*"),
            ],
        ),
        use_key(key_arn),
        encrypt_volumes(key_arn),
        *pull_image(registry),
        write_sagemaker_logs(names),
        put_metrics(names.monitoring_namespace),
        *use_network(deployment),
        *_run_own_jobs(deployment),
    ]


def _run_own_jobs(deployment: Deployment) -> list[iam.PolicyStatement]:
    if deployment.settings.monitoring_runtime != "scheduled_pipeline":
        return []
    names = deployment.names
    jobs = [names.arn("sagemaker", f"processing-job/{JOB_PREFIX}*")]
    actions = ["AddTags", "CreateProcessingJob", "DescribeProcessingJob", "StopProcessingJob"]
    passed = {"StringEquals": {"iam:PassedToService": SAGEMAKER}}
    return [
        allow("RunJobs", [f"sagemaker:{action}" for action in actions], jobs),
        allow("PassOwnRole", ["iam:PassRole"], [names.role_arn("monitoring")], passed),
    ]
