"""Image repository next to the model registry, from which all environments pull."""

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment

UNTAGGED_IMAGES = 50


class ImageRepository(Construct):
    """Encrypted repository that scans images on push.

    Tags such as `workspace` are mutable. Trainings and releases therefore refer to images by digest.
    """

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
            # Delete only untagged images. An image that serves is kept, because the tag of its commit is kept.
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
