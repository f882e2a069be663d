"""Removal policy of resources that store data."""

from aws_cdk import RemovalPolicy

from infra.deployment import Deployment


def removal_policy(deployment: Deployment) -> RemovalPolicy:
    """Return the policy that retains resources if the settings retain data.

    A resource is deleted in any case if its first deployment fails, because it is empty then. Without retained data,
    `mlops destroy` empties the buckets before the stack deletes them.
    """
    if not deployment.environment.retain_data:
        return RemovalPolicy.DESTROY
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
