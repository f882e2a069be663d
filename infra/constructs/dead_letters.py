"""Dead-letter queue for events that could not be handled, with an alarm for the first of them."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import described, notify_team
from infra.deployment import Deployment

KEPT_DAYS = 14


class DeadLetters(Construct):
    """Queue that keeps events for two weeks, so that the team can find the cause.

    The reconcile functions do what the events should have done.
    """

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, purpose: str) -> None:
        super().__init__(scope, construct_id)
        letters = f"{purpose}-dead-letters"
        name = deployment.names.alarm(letters)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,  # a KMS key would have to allow every sending service
            enforce_ssl=True,
            retention_period=Duration.days(KEPT_DAYS),
        )
        alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            alarm_name=name,
            alarm_description=described(
                deployment, letters, f"{purpose} could not handle an event, which is in the queue {name}"
            ),
            metric=cloudwatch.Metric(
                namespace="AWS/SQS",
                metric_name="ApproximateNumberOfMessagesVisible",
                dimensions_map={"QueueName": name},
                statistic="Maximum",
                period=Duration.minutes(1),
            ),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        notify_team(alarm, deployment)
