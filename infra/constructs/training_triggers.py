"""Triggers that start trainings automatically: the retraining schedule, and new data in the bucket."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct
from sagemaker_mlops.environments.names import DATA_PREFIX

from infra.constructs.python_function import PythonFunction
from infra.constructs.scheduled_call import ScheduledCall
from infra.deployment import Deployment

RETRIES = 8
EVENT_HOURS = 6


class TrainingTriggers(Construct):
    """Triggers that call start-training with a cause. Its id is the same if an event is delivered twice."""

    def __init__(self, scope: Construct, construct_id: str, deployment: Deployment, starter: PythonFunction) -> None:
        super().__init__(scope, construct_id)
        ScheduledCall(
            self,
            "Schedule",
            deployment,
            purpose="training-schedule",
            expression=deployment.operations.retraining.schedule,
            function=starter,
            event={"cause": "schedule", "cause_id": "<aws.scheduler.scheduled-time>"},
        )
        self._new_data(deployment, starter)

    def _new_data(self, deployment: Deployment, starter: PythonFunction) -> None:
        rule = events.Rule(
            self,
            "NewData",
            rule_name=deployment.names.function("new-data"),
            description="New training data were uploaded",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [deployment.names.data_bucket]},
                    "object": {"key": [{"prefix": DATA_PREFIX}]},
                },
            ),
        )
        cause = {"cause": "new-data", "cause_id": events.EventField.from_path("$.detail.object.version-id")}
        rule.add_target(
            targets.LambdaFunction(
                starter.function,
                event=events.RuleTargetInput.from_object(cause),
                dead_letter_queue=starter.dead_letters.queue,
                retry_attempts=RETRIES,
                max_event_age=Duration.hours(EVENT_HOURS),
            )
        )
