"""Function call by EventBridge Scheduler, with a role that may call only this function."""

import json
from collections.abc import Mapping

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.constructs.python_function import PythonFunction
from infra.constructs.service_role import service_role
from infra.constructs.statements import allow
from infra.deployment import Deployment

RETRIES = 8
EVENT_SECONDS = 6 * 3600


class ScheduledCall(Construct):
    """Schedule that calls a function, with retries and a dead-letter queue.

    Scheduler retries a call that it cannot deliver for six hours. Lambda retries a call that fails in the function
    twice. After that the event is in the function's dead-letter queue.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        *,
        purpose: str,
        expression: str,
        function: PythonFunction,
        event: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        queue_arn = function.dead_letters.queue.queue_arn
        function_arn = function.function.function_arn
        statements = [
            allow("CallFunction", ["lambda:InvokeFunction"], [function_arn]),
            allow("KeepDeadLetters", ["sqs:SendMessage"], [queue_arn]),
        ]
        role = service_role(self, deployment, purpose, "scheduler.amazonaws.com", f"Schedule {purpose}", statements)
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=deployment.names.function(purpose),
            schedule_expression=expression,
            schedule_expression_timezone="UTC",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function_arn,
                role_arn=role.role_arn,
                input=json.dumps(event, sort_keys=True),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=EVENT_SECONDS, maximum_retry_attempts=RETRIES
                ),
            ),
        )
