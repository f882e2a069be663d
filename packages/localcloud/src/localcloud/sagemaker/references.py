"""Checks that the role, the image and the S3 data of a request exist before SageMaker starts anything.

The messages are those of the service. The source of each is given in its test.
"""

from botocore.exceptions import ClientError

from localcloud.errors import AwsError, NotInLocalcloud, validation_error
from localcloud.images.manifests import DOCKER_MANIFEST
from localcloud.images.registry import NAME
from localcloud.sagemaker.operations import Members, Request
from localcloud.sagemaker.role_trust import SERVICE, trusts_sagemaker
from localcloud.sagemaker.s3_files import split_uri
from localcloud.scope import Scope


def can_assume(request: Request, role_arn: str) -> bool:
    """Return True if a role exists and trusts SageMaker.

    Raises:
        AwsError: AccessDeniedException for a role of another account.
    """
    if role_arn.split(":")[4] != request.scope.account:
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.")
    document = request.cloud.host.trust_policy(role_arn)
    return document is not None and trusts_sagemaker(document)


def require_role(request: Request, member: str = "RoleArn") -> None:
    """Raise ValidationException unless SageMaker can assume the role of a request."""
    role_arn = request.get(member)
    if role_arn and not can_assume(request, role_arn):
        raise validation_error(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{SERVICE}' to assume the role."
        )


def require_execution_role(request: Request) -> None:
    """Raise ValidationException with CreateModel's message unless SageMaker can assume the role."""
    role_arn = request.get("ExecutionRoleArn")
    if role_arn and not can_assume(request, role_arn):
        raise validation_error(f'The execution role ARN "{role_arn}" is invalid. {_role_hint("the role")}')


def _role_hint(role: str) -> str:
    return (
        f"Please ensure that {role} exists and that its trust relationship policy allows the action "
        f'"sts:AssumeRole" for the service principal "{SERVICE}".'
    )


def require_training_image(request: Request, uri: str) -> None:
    """Raise ValidationException with CreateTrainingJob's message unless an image was pushed."""
    if pushed_media_type(request, uri) is None:
        raise validation_error(f"Cannot find the requested image: {uri}")


def require_model_image(request: Request, uri: str) -> None:
    """Raise ValidationException unless a model's image was pushed with a Docker manifest."""
    media_type = pushed_media_type(request, uri)
    if media_type is None:
        raise validation_error(f"Requested image {uri} not found.")
    if media_type != DOCKER_MANIFEST:
        raise validation_error(
            f"Unsupported manifest media type {media_type} for image {uri}. "
            "Ensure that valid manifest media type is used for specified image."
        )


def pushed_media_type(request: Request, uri: str) -> str | None:
    """Return the media type of a pushed image's manifest, or None if the image was not pushed.

    This includes images that were put into ECR with its API, although no container of them can be run.
    """
    image = request.cloud.images.pushed(uri)
    return image.media_type if image is not None else _media_type_in_ecr(request, uri)


def _media_type_in_ecr(request: Request, uri: str) -> str | None:
    name, _, digest = uri.partition("@")
    found = NAME.fullmatch(name)
    if found is None:
        return None
    if found["account"] != request.scope.account:
        _refuse_images_of_aws(request, found["account"], found["region"], found["repository"])
        return None
    wanted = {"imageDigest": digest} if digest else {"imageTag": found["tag"] or "latest"}
    client = request.cloud.host.client(Scope(found["account"], found["region"]), "ecr")
    try:
        answer = client.describe_images(repositoryName=found["repository"], imageIds=[wanted])
    except ClientError:
        return None
    return str(answer["imageDetails"][0].get("imageManifestMediaType", DOCKER_MANIFEST))


def _refuse_images_of_aws(request: Request, account: str, region: str, repository: str) -> None:
    """Raise NotInLocalcloud for an image of a registry that is not in this cloud.

    Images of AWS's built-in algorithms are an example.
    """
    client = request.cloud.host.client(Scope(account, region), "ecr")
    try:
        client.describe_repositories(repositoryNames=[repository])
    except ClientError:
        raise NotInLocalcloud(
            f"the image {repository} of account {account}: only images that were pushed to this cloud are here"
        ) from None


def require_model_data(request: Request, container: Members) -> None:
    """Raise ValidationException unless a model's archive is in S3 and its role may read it."""
    uri, role_arn = container.get("ModelDataUrl"), request.get("ExecutionRoleArn")
    if not uri:
        return
    bucket, key = split_uri(uri)
    client = request.cloud.host.client(request.scope, "s3", role_arn)
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
            raise validation_error(f"Could not find model data at {uri}.") from None
        role = f'the role "{role_arn}"'
        raise validation_error(
            f"Could not access model data at {uri}. {_role_hint(role)} Also ensure that the role has "
            f'"s3:GetObject" permissions and that the object is located in {request.scope.region}.'
        ) from None


def require_input_data(request: Request, uri: str) -> None:
    """Raise ValidationException unless there are objects below an input's prefix that the role may list."""
    bucket, prefix = split_uri(uri)
    client = request.cloud.host.client(request.scope, "s3", request["RoleArn"])
    try:
        found = client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount", 0)
    except ClientError:
        found = 0
    if not found:
        raise validation_error(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({request.scope.region}), that objects exist under that S3 prefix, and "
            f'that the role "{request["RoleArn"]}" has "s3:ListBucket" permissions on bucket "{bucket}".'
        )
