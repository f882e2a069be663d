"""A queue for events that could not be handled, with an alarm as soon as one is in it."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import notify_people
from infra.deployment import Deployment

KEPT_DAYS = 14


class DeadLetters(Construct):
    """The queue keeps events for two weeks; reconcile does what an event should have done, people find out why."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, purpose: str) -> None:
        super().__init__(scope, construct_id)
        name = deployment.names.alarm(f"{purpose}-dead-letters")
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,  # a key of ours would have to let every sending service use it
            enforce_ssl=True,
            retention_period=Duration.days(KEPT_DAYS),
        )
        alarm = cloudwatch.Alarm(
            self,
            "Alarm",
            alarm_name=name,
            alarm_description=f"{purpose} could not handle an event; it is in the queue {name}",
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
        notify_people(alarm, deployment)
