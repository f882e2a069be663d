"""Tags of SageMaker resources by ARN. The operation that creates a resource sets its first tags."""

from localcloud.errors import NotInLocalcloud, validation_error
from localcloud.sagemaker.listing import page
from localcloud.sagemaker.operations import OPERATIONS, TAGS, Members, Request, operation

MOST_TAGS = 50
MOST_IN_A_PAGE = 50
# Operation that describes a resource of a kind, and the member with the name of the resource.
FINDERS = {
    "training-job": ("DescribeTrainingJob", "TrainingJobName"),
    "processing-job": ("DescribeProcessingJob", "ProcessingJobName"),
    "model": ("DescribeModel", "ModelName"),
    "endpoint-config": ("DescribeEndpointConfig", "EndpointConfigName"),
    "endpoint": ("DescribeEndpoint", "EndpointName"),
    "model-package-group": ("DescribeModelPackageGroup", "ModelPackageGroupName"),
    "pipeline": ("DescribePipeline", "PipelineName"),
    "monitoring-schedule": ("DescribeMonitoringSchedule", "MonitoringScheduleName"),
    "data-quality-job-definition": ("DescribeDataQualityJobDefinition", "JobDefinitionName"),
    "model-quality-job-definition": ("DescribeModelQualityJobDefinition", "JobDefinitionName"),
    "model-bias-job-definition": ("DescribeModelBiasJobDefinition", "JobDefinitionName"),
    "model-explainability-job-definition": ("DescribeModelExplainabilityJobDefinition", "JobDefinitionName"),
}
BY_ARN = {
    "model-package": ("DescribeModelPackage", "ModelPackageName"),
    "execution": ("DescribePipelineExecution", "PipelineExecutionArn"),
}


def _tags(request: Request) -> dict[str, str]:
    """Return the tags of the resource that a request names.

    Raises:
        AwsError: with the error of the Describe operation if there is no such resource.
    """
    arn = request["ResourceArn"]
    kind, _, name = arn.removeprefix(request.scope.arn("", "").removesuffix("/")).partition("/")
    if not arn.startswith(request.scope.arn("", "").removesuffix("/")) or not name:
        raise validation_error(f"Could not find a resource of this account and region with the ARN {arn}.")
    if "/execution/" in name:
        kind = "execution"
    if kind not in FINDERS and kind not in BY_ARN:
        raise NotInLocalcloud(f"tags of {kind}")
    operation_name, member = FINDERS.get(kind) or BY_ARN[kind]
    OPERATIONS[operation_name](Request(request.cloud, request.scope, {member: arn if kind in BY_ARN else name}))
    return request.cloud.store.get(request.scope, TAGS, arn) or {}


def _as_list(tags: dict[str, str]) -> list[Members]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@operation
def add_tags(request: Request) -> Members:
    """Add tags, or change the values of existing ones."""
    tags = _tags(request) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    if len(tags) > MOST_TAGS:
        raise validation_error(f"Expected at most {MOST_TAGS} tags on a resource; it would have {len(tags)}.")
    request.cloud.store.put(request.scope, TAGS, request["ResourceArn"], tags)
    return {"Tags": _as_list(tags)}


@operation
def delete_tags(request: Request) -> Members:
    """Delete tags."""
    tags = {key: value for key, value in _tags(request).items() if key not in request["TagKeys"]}
    request.cloud.store.put(request.scope, TAGS, request["ResourceArn"], tags)
    return {}


@operation
def list_tags(request: Request) -> Members:
    """List tags."""
    return page(request, "Tags", _as_list(_tags(request)), MOST_IN_A_PAGE)
