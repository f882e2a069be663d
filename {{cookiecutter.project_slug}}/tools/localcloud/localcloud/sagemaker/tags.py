"""Tags of SageMaker resources, by ARN."""

from localcloud.sagemaker.operations import Members, Request, operation

KIND = "Tags"


def _tags(request: Request) -> dict[str, str]:
    stored = request.cloud.store.get(request.scope, KIND, request["ResourceArn"])
    return stored or {}


@operation
def add_tags(request: Request) -> Members:
    """Set tags."""
    tags = _tags(request) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    request.cloud.store.put(request.scope, KIND, request["ResourceArn"], tags)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@operation
def delete_tags(request: Request) -> Members:
    """Remove tags."""
    tags = {key: value for key, value in _tags(request).items() if key not in request["TagKeys"]}
    request.cloud.store.put(request.scope, KIND, request["ResourceArn"], tags)
    return {}


@operation
def list_tags(request: Request) -> Members:
    """List tags."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tags(request).items()]}
