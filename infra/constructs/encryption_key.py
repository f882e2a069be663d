"""KMS key that encrypts the stored data of an environment."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment


class EncryptionKey(Construct):
    """Rotated key with an alias. Accounts that use the registry may decrypt with it."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Data, artefacts and captured requests of {deployment.names.endpoint}",
            enable_key_rotation=True,
            pending_window=Duration.days(30 if deployment.environment.retain_data else 7),
            removal_policy=removal_policy(deployment),
        )
        alias = kms.Alias(self, "Alias", alias_name=deployment.names.key_alias, target_key=self.key)
        alias.apply_removal_policy(removal_policy(deployment))
        self._let_alarms_publish()
        if deployment.holds_registry:
            self._let_consumers_decrypt(deployment.settings.consumer_accounts)

    def _let_alarms_publish(self) -> None:
        """Allow CloudWatch to use the key, which it needs to publish to the encrypted topic."""
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
            )
        )

    def _let_consumers_decrypt(self, accounts: tuple[str, ...]) -> None:
        if not accounts:
            return
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ConsumersDecrypt",
                principals=[iam.AccountPrincipal(account) for account in accounts],
                actions=["kms:Decrypt"],
                resources=["*"],
            )
        )
