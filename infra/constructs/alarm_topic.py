"""SNS topic that sends alarms to the team's e-mail address."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.deployment import Deployment


class AlarmTopic(Construct):
    """Encrypted topic. AWS first asks the address to confirm the subscription."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", topic_name=deployment.names.alarm_topic, master_key=key, enforce_ssl=True)
        self.topic.add_subscription(subscriptions.EmailSubscription(deployment.settings.team_email))
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": deployment.names.account}},
            )
        )
