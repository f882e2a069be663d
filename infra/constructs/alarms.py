"""Descriptions of alarms, and notification of the team when an alarm fires and when it returns to OK."""

import jsii
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.deployment import Deployment


@jsii.implements(cloudwatch.IAlarmAction)
class TopicAction:
    """Alarm action that publishes to a topic by its ARN, since the topic is in another stack."""

    def __init__(self, topic_arn: str) -> None:
        self._topic_arn = topic_arn

    def bind(self, _scope: Construct, _alarm: cloudwatch.IAlarm) -> cloudwatch.AlarmActionConfig:
        """Return the configuration of the action."""
        return cloudwatch.AlarmActionConfig(alarm_action_arn=self._topic_arn)


def described(deployment: Deployment, purpose: str, text: str) -> str:
    """Return the description of an alarm: what it means, and the address of its section in the runbooks."""
    return f"{text}. Runbook: {deployment.settings.github.page_url}/blob/main/docs/runbooks.md#{purpose}"


def notify_team(alarm: cloudwatch.Alarm | cloudwatch.CompositeAlarm, deployment: Deployment) -> None:
    """Send the states ALARM and OK to the environment's topic, which is part of the foundation stack."""
    action = TopicAction(deployment.names.arn("sns", deployment.names.alarm_topic))
    alarm.add_alarm_action(action)
    alarm.add_ok_action(action)
