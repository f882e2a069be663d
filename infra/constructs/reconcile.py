"""Reconcile functions, which check every hour for trainings and alarms whose events were lost."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.python_function import FunctionCode, PythonFunction
from infra.constructs.scheduled_call import ScheduledCall
from infra.constructs.statements import allow
from infra.deployment import Deployment


class HourlyFunction(Construct):
    """Function that is called every hour."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        deployment: Deployment,
        *,
        purpose: str,
        schedule: str,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        code = FunctionCode(purpose, "Every hour: processes events that were lost", 120, environment)
        function = PythonFunction(self, "Code", deployment, code, statements)
        ScheduledCall(
            self,
            "Hourly",
            deployment,
            purpose=schedule,
            expression="rate(1 hour)",
            function=function,
            event={},
        )


def reconcile_training(scope: Construct, deployment: Deployment, key_arn: str) -> HourlyFunction:
    """Create the function that passes the waiting causes of the ledger to start-training again."""
    names = deployment.names
    starter = names.function("start-training")
    return HourlyFunction(
        scope,
        "Reconcile",
        deployment,
        purpose="reconcile-training",
        schedule="training-hourly",
        environment={"LEDGER": names.training_ledger, "START_TRAINING": starter},
        statements=[
            allow("ReadLedger", ["dynamodb:Scan"], [names.arn("dynamodb", f"table/{names.training_ledger}")]),
            allow("StartTraining", ["lambda:InvokeFunction"], [names.arn("lambda", f"function:{starter}")]),
            allow("UseKey", ["kms:Decrypt"], [key_arn]),
        ],
    )


def reconcile_alarms(scope: Construct, deployment: Deployment, alarm_name: str) -> HourlyFunction:
    """Create the function that sends an alarm that is still firing to notify again."""
    names = deployment.names
    notify = names.function("notify")
    return HourlyFunction(
        scope,
        "Reconcile",
        deployment,
        purpose="reconcile-alarms",
        schedule="alarms-hourly",
        environment={"RETRAINING_ALARM": alarm_name, "NOTIFY": notify},
        statements=[
            # With a narrower resource CloudWatch does not return composite alarms such as this one.
            allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], ["*"]),
            allow("TellNotify", ["lambda:InvokeFunction"], [names.arn("lambda", f"function:{notify}")]),
        ],
    )
