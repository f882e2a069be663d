"""Buckets of training data, training artifacts and captured requests, with their policies."""

from typing import TypedDict

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment

ACCESS_LOG_DAYS = 90
OLD_VERSION_DAYS = 90
MODEL_PREFIX = "runs/"


class CommonProperties(TypedDict):
    """Properties of all buckets."""

    block_public_access: s3.BlockPublicAccess
    enforce_ssl: bool
    minimum_tls_version: float
    object_ownership: s3.ObjectOwnership
    removal_policy: RemovalPolicy


class Buckets(Construct):
    """Versioned and encrypted buckets that allow only TLS, with a log of every access."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        names = deployment.names
        self._key = key
        self._common: CommonProperties = {
            "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
            "enforce_ssl": True,
            "minimum_tls_version": 1.2,
            "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            "removal_policy": removal_policy(deployment),
        }
        self.access_logs = s3.Bucket(
            self,
            "AccessLogs",
            bucket_name=names.access_log_bucket,
            encryption=s3.BucketEncryption.S3_MANAGED,  # S3 cannot deliver access logs encrypted with a KMS key
            versioned=True,
            lifecycle_rules=[_expire(ACCESS_LOG_DAYS), _expire_old_versions(1)],
            **self._common,
        )
        self.data = self._bucket("Data", names.data_bucket, _expire_old_versions(OLD_VERSION_DAYS))
        self._announce_new_data()
        self.artifacts = self._bucket("Artifacts", names.artifact_bucket, _expire_old_versions(OLD_VERSION_DAYS))
        capture_days = deployment.environment.capture_retention_days
        self.capture = self._bucket("Capture", names.capture_bucket, _expire_old_versions(1), _expire(capture_days))
        if deployment.holds_registry:
            self._grant_consumers_read(deployment.settings.consumer_accounts)

    def _bucket(self, construct_id: str, name: str, *rules: s3.LifecycleRule) -> s3.Bucket:
        return s3.Bucket(
            self,
            construct_id,
            bucket_name=name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            bucket_key_enabled=True,
            versioned=True,
            lifecycle_rules=list(rules),
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix=f"{name}/",
            **self._common,
        )

    def _announce_new_data(self) -> None:
        """Send the events of the data bucket to EventBridge.

        The option of the CDK bucket for this would add a function and a role that manage the notification.
        """
        resource = self.data.node.default_child
        if not isinstance(resource, s3.CfnBucket):
            raise TypeError("expected the data bucket to be a CfnBucket")
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

    def _grant_consumers_read(self, accounts: tuple[str, ...]) -> None:
        if not accounts:
            return
        principals = [iam.AccountPrincipal(account) for account in accounts]
        for actions, resource in (
            (["s3:GetObject"], self.artifacts.arn_for_objects(f"{MODEL_PREFIX}*")),
            (["s3:ListBucket"], self.artifacts.bucket_arn),
        ):
            self.artifacts.add_to_resource_policy(
                iam.PolicyStatement(principals=list(principals), actions=actions, resources=[resource])
            )


def _expire(days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(expiration=Duration.days(days))


def _expire_old_versions(old_version_days: int) -> s3.LifecycleRule:
    """Return a rule that deletes overwritten versions after some days, and incomplete uploads after 7."""
    return s3.LifecycleRule(
        noncurrent_version_expiration=Duration.days(old_version_days),
        abort_incomplete_multipart_upload_after=Duration.days(7),
    )
