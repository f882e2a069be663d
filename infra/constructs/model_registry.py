"""The model package group: the model's versions, readable by the accounts that serve them."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment


class ModelRegistry(Construct):
    """Versions are never deleted where the settings retain data."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Group",
            model_package_group_name=deployment.names.model_package_group,
            model_package_group_policy=_policy(deployment) if deployment.settings.consumer_accounts else None,
        )
        group.apply_removal_policy(removal_policy(deployment))


def _policy(deployment: Deployment) -> dict[str, object]:
    """CDK does not convert the keys of this property, hence a plain dictionary."""
    names, group = deployment.names, deployment.names.model_package_group
    principal = {"AWS": [f"arn:aws:iam::{account}:root" for account in deployment.settings.consumer_accounts]}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ConsumersFindVersions",
                "Effect": "Allow",
                "Principal": principal,
                "Action": ["sagemaker:DescribeModelPackageGroup", "sagemaker:ListModelPackages"],
                "Resource": names.arn("sagemaker", f"model-package-group/{group}"),
            },
            {
                "Sid": "ConsumersUseVersions",
                "Effect": "Allow",
                "Principal": principal,
                "Action": [
                    "sagemaker:DescribeModelPackage",
                    "sagemaker:ListModelPackages",
                    "sagemaker:UpdateModelPackage",
                    "sagemaker:CreateModel",
                ],
                "Resource": names.arn("sagemaker", f"model-package/{group}/*"),
            },
        ],
    }
