"""The image repository. There is one, beside the model registry; every environment pulls from it."""

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment

UNTAGGED_IMAGES = 50


class ImageRepository(Construct):
    """Scanned, encrypted. Tags move (`workspace`); trainings and releases name digests, which cannot."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.repository = ecr.Repository(
            self,
            "Repository",
            repository_name=deployment.names.repository,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=key,
            removal_policy=removal_policy(deployment),
            empty_on_delete=not deployment.environment.retain_data,
            # Only what no tag names any more: a digest that serves stays, because its commit's tag stays.
            lifecycle_rules=[ecr.LifecycleRule(tag_status=ecr.TagStatus.UNTAGGED, max_image_count=UNTAGGED_IMAGES)],
        )
        for account in deployment.settings.consumer_accounts:
            self.repository.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.AccountPrincipal(account)],
                    actions=[
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:BatchGetImage",
                        "ecr:GetDownloadUrlForLayer",
                    ],
                )
            )
