"""What becomes of stored things when their stack goes."""

from aws_cdk import RemovalPolicy

from infra.deployment import Deployment


def removal_policy(deployment: Deployment) -> RemovalPolicy:
    """Keep them where the settings retain data. Elsewhere `make destroy` empties buckets, then they go."""
    return RemovalPolicy.RETAIN if deployment.environment.retain_data else RemovalPolicy.DESTROY
