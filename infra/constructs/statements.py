"""Policy statements that several roles share. Each has an id, and a test names the call that needs it."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from sagemaker_mlops.environments.names import Names

from infra.deployment import Deployment

# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html, "VPC" sections
NETWORK_INTERFACE_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


def allow(
    statement_id: str, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    """Return an Allow statement with an id."""
    return iam.PolicyStatement(
        sid=statement_id, actions=list(actions), resources=list(resources), conditions=conditions
    )


def read_objects(statement_id: str, bucket: str, *prefixes: str) -> list[iam.PolicyStatement]:
    """Return the permissions to list a bucket and to read all its objects, or those under prefixes."""
    objects = [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in prefixes or ("",)]
    return [
        allow(f"List{statement_id}", ["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"]),
        allow(f"Read{statement_id}", ["s3:GetObject"], objects),
    ]


def write_objects(statement_id: str, bucket: str, *prefixes: str) -> iam.PolicyStatement:
    """Return the permission to write all objects of a bucket, or those under prefixes."""
    objects = [f"arn:aws:s3:::{bucket}/{prefix}*" for prefix in prefixes or ("",)]
    return allow(f"Write{statement_id}", ["s3:PutObject", "s3:AbortMultipartUpload"], objects)


def use_key(key_arn: str) -> iam.PolicyStatement:
    """Return the permission to read and write data that is encrypted with the environment's key."""
    return allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn])


def encrypt_volumes(key_arn: str) -> iam.PolicyStatement:
    """Return the permission to let SageMaker encrypt volumes with the environment's key.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
    """
    return allow("EncryptVolumes", ["kms:CreateGrant", "kms:DescribeKey", "kms:Encrypt"], [key_arn])


def read_with_key_of(names: Names, statement_id: str = "UseRegistryKey") -> iam.PolicyStatement:
    """Return the permission to read data that is encrypted with an environment's key.

    The statement identifies the key by its alias, because its ARN is not known here. The condition is about a property
    of the key, so KMS also evaluates it for callers of other accounts. A public example across accounts:
    AllowOrgKmsCmk in instance_orchestrator.tf of https://github.com/xosphere/terraform-xosphere-instance-orchestrator

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    return allow(
        statement_id,
        ["kms:Decrypt"],
        [names.arn("kms", "key/*")],
        {"ForAnyValue:StringEquals": {"kms:ResourceAliases": names.key_alias}},
    )


def pull_image(registry: Names) -> list[iam.PolicyStatement]:
    """Return the permissions to pull the image. The authorization call does not support resources."""
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        allow("PullImage", actions, [registry.arn("ecr", f"repository/{registry.repository}")]),
        allow("AuthorizePull", ["ecr:GetAuthorizationToken"], ["*"]),
    ]


def read_image(registry: Names) -> iam.PolicyStatement:
    """Return the permission to read an image's manifest and digest without pulling it.

    Assumed: CreateModelPackage takes no role, so SageMaker resolves the image's digest as the caller.
    """
    actions = ["ecr:BatchGetImage", "ecr:DescribeImages"]
    return allow("ReadImage", actions, [registry.arn("ecr", f"repository/{registry.repository}")])


def write_sagemaker_logs(names: Names) -> iam.PolicyStatement:
    """Return the permission to write the logs of jobs and endpoints."""
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return allow("WriteLogs", actions, [names.arn("logs", "log-group:/aws/sagemaker/*")])


def put_metrics(*namespaces: str) -> iam.PolicyStatement:
    """Return the permission to publish metrics in namespaces. PutMetricData does not support resources."""
    condition = {"StringEquals": {"cloudwatch:namespace": list(namespaces)}}
    return allow("PutMetrics", ["cloudwatch:PutMetricData"], ["*"], condition)


def use_network(deployment: Deployment) -> list[iam.PolicyStatement]:
    """Return the permission to attach to the environment's subnets, if its settings have any."""
    if not deployment.environment.network:
        return []
    return [allow("UseNetwork", NETWORK_INTERFACE_ACTIONS, ["*"])]
