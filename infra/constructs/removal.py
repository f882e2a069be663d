"""What becomes of stored things when their stack goes."""

from aws_cdk import RemovalPolicy

from infra.deployment import Deployment


def removal_policy(deployment: Deployment) -> RemovalPolicy:
    """Keep them where the settings retain data, but not when their first deployment fails: then they are empty.

    Elsewhere `make destroy` empties buckets, then they go.
    """
    if not deployment.environment.retain_data:
        return RemovalPolicy.DESTROY
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
