"""Model package group with the model's versions, which the accounts that serve them may read."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment


class ModelRegistry(Construct):
    """Model package group. If the settings retain data, it is never deleted."""

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
    """Return the resource policy.

    It is a plain dictionary, because CDK does not convert the keys of this property.
    """
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
