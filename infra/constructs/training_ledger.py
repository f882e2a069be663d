"""Ledger: the table in which every cause of a training is recorded."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.deployment import Deployment


class TrainingLedger(Construct):
    """Table whose entries expire after about a year, with point-in-time recovery of the last weeks."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=deployment.names.training_ledger,
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=removal_policy(deployment),
        )
