"""Tell people when an alarm fires, and when it is over."""

import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.deployment import Deployment


@jsii.implements(cloudwatch.IAlarmAction)
class TopicAction:
    """The topic as an alarm's action, by its ARN: the construct for it is in another stack."""

    def __init__(self, topic_arn: str) -> None:
        self._topic_arn = topic_arn

    def bind(self, _scope: Construct, _alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        """What the alarm calls."""
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._topic_arn)


def notify_people(alarm: cloudwatch.Alarm | cloudwatch.CompositeAlarm, deployment: Deployment) -> None:
    """Send ALARM and OK to the environment's topic, which the foundation stack made."""
    action = TopicAction(deployment.names.arn("sns", deployment.names.alarm_topic))
    alarm.add_alarm_action(action)
    alarm.add_ok_action(action)
