"""ARN on which a SageMaker operation is authorized.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from typing import Any

from localcloud.scope import Scope

# The first member that a request has determines the ARN. Values that are ARNs are used as they are.
ARN_KINDS = {
    "PipelineExecutionArn": "",
    "ModelPackageArn": "",
    "ResourceArn": "",
    "ProcessingJobName": "processing-job",
    "TrainingJobName": "training-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageName": "model-package",
    "ModelPackageGroupName": "model-package-group",
    "PipelineName": "pipeline",
    "MonitoringScheduleName": "monitoring-schedule",
}
EVERYTHING = "*"


def resource_of(scope: Scope, members: dict[str, Any]) -> str:
    """Return the ARN of the resource that a request names, or `*`."""
    for member, kind in ARN_KINDS.items():
        value = members.get(member)
        if value:
            return str(value) if str(value).startswith("arn:") else scope.arn(kind, str(value))
    return EVERYTHING
