"""What we believe about Model Monitor's job definitions and schedules. No schedule is kept, so nothing runs.

An account that Model Monitor is closed to (docs/monitoring.md) answers every schedule with AccessDeniedException: the
recorded answers then say so.
"""

from typing import Any

import pytest

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Refusal, Target

CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
CRON = "https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html"
STOPPING = "botocore: sagemaker.MonitoringStoppingCondition"


class Monitors:
    """Job definitions and schedules of data quality."""

    def __init__(self, aws: Target, given: Fixtures) -> None:
        self.aws, self._given = aws, given
        self._sagemaker = aws.client("sagemaker")

    def definition(self, what: str, **changes: Any) -> dict[str, Any]:
        """The members of a job definition."""
        output = {"S3Uri": f"s3://{self._given.bucket()}/reports", "LocalPath": "/opt/ml/processing/output"}
        endpoint = {"EndpointName": self.aws.name("endpoint"), "LocalPath": "/opt/ml/processing/input"}
        return {
            "JobDefinitionName": self.aws.name(what),
            "DataQualityAppSpecification": {"ImageUri": self._given.image()},
            "DataQualityJobInput": {"EndpointInput": endpoint},
            "DataQualityJobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
            "JobResources": {"ClusterConfig": CLUSTER},
            "RoleArn": self._given.reading_role(),
            **changes,
        }

    def made(self, what: str, **changes: Any) -> str:
        """Make a job definition; returns its name."""
        members = self.definition(what, **changes)
        self._sagemaker.create_data_quality_job_definition(**members, Tags=self.aws.tags)
        name: str = members["JobDefinitionName"]
        self.aws.undo(f"job definition {name}", lambda: self._delete_definition(name))
        return name

    def refused_definition(self, call: str = "create_data_quality_job_definition", **members: Any) -> Refusal:
        """Ask for a job definition; returns how it is refused."""
        given = members if "JobDefinitionName" in members else self.definition("refused", **members)
        name = given["JobDefinitionName"]
        return self.aws.refusal("sagemaker", call, if_accepted=lambda: self._delete_definition(name), **given)

    def refused_schedule(self, definition: str, expression: str = "cron(0 * ? * * *)") -> Refusal:
        """Ask for a schedule of a job definition; returns how it is refused."""
        name = self.aws.name("schedule")
        config = {
            "MonitoringJobDefinitionName": definition,
            "MonitoringType": "DataQuality",
            "ScheduleConfig": {"ScheduleExpression": expression},
        }
        return self.aws.refusal(
            "sagemaker",
            "create_monitoring_schedule",
            if_accepted=lambda: self._sagemaker.delete_monitoring_schedule(MonitoringScheduleName=name),
            MonitoringScheduleName=name,
            MonitoringScheduleConfig=config,
        )

    def _delete_definition(self, name: str) -> None:
        self._sagemaker.delete_data_quality_job_definition(JobDefinitionName=name)


@pytest.fixture(scope="module")
def monitors(aws: Target, given: Fixtures) -> Monitors:
    return Monitors(aws, given)


@pytest.fixture(scope="module")
def definition(monitors: Monitors) -> str:
    """The name of a job definition."""
    return monitors.made("definition")


@belief(ASSUMED)
def test_a_definition_is_made_before_its_endpoint(aws: Target, definition: str, observe: Observe) -> None:
    """A job definition is taken although its endpoint does not exist yet."""
    found = aws.client("sagemaker").describe_data_quality_job_definition(JobDefinitionName=definition)
    endpoint = found["DataQualityJobInput"]["EndpointInput"]["EndpointName"]
    observe("endpoint", endpoint, documented=aws.name("endpoint"))


@belief("botocore: sagemaker.CreateDataQualityJobDefinition (ResourceInUse)")
def test_a_definition_has_one_name(monitors: Monitors, definition: str, observe: Observe) -> None:
    """A second job definition of one name is refused with ResourceInUse."""
    found = monitors.refused_definition(**monitors.definition("definition"))
    observe("code", found.code, documented="ResourceInUse")


@belief("botocore: sagemaker.DescribeDataQualityJobDefinition (ResourceNotFound)")
def test_a_definition_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a job definition that does not exist is refused with ResourceNotFound."""
    found = aws.refusal("sagemaker", "describe_data_quality_job_definition", JobDefinitionName=aws.name("none"))
    observe("code", found.code, documented="ResourceNotFound")


@belief(ASSUMED)
def test_a_definition_needs_its_role(aws: Target, monitors: Monitors, observe: Observe) -> None:
    """A job definition whose role does not exist is refused, in the words of CreateTransformJob."""
    role = f"arn:aws:iam::{aws.account()}:role/{aws.name('nobody')}"
    found = monitors.refused_definition(RoleArn=role)
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("^Could not assume role "))


@belief("botocore: sagemaker.ModelBiasAppSpecification ConfigUri (required)")
def test_bias_needs_its_configuration(monitors: Monitors, observe: Observe) -> None:
    """A definition of model bias names the file of its analysis."""
    given = monitors.definition("bias")
    renamed = {name.replace("DataQuality", "ModelBias"): value for name, value in given.items()}
    truth = {
        "GroundTruthS3Input": {
            "S3Uri": given["DataQualityJobOutputConfig"]["MonitoringOutputs"][0]["S3Output"]["S3Uri"]
        }
    }
    renamed["ModelBiasJobInput"] = {**renamed["ModelBiasJobInput"], **truth}
    found = monitors.refused_definition("create_model_bias_job_definition", **renamed)
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("onfigUri"))


@belief(f"{STOPPING} MaxRuntimeInSeconds (1 to 86400)")
def test_the_longest_run(monitors: Monitors, observe: Observe) -> None:
    """A monitoring job runs for a day at most."""
    found = monitors.refused_definition(StoppingCondition={"MaxRuntimeInSeconds": 86_401})
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("less than or equal to 86400"))


@belief(CRON)
def test_expressions(monitors: Monitors, definition: str, observe: Observe) -> None:
    """A schedule runs at full hours, once an hour or a day, and has no rate."""
    for expression in ("cron(5 * ? * * *)", "rate(1 hour)", "cron(0 25 ? * * *)"):
        found = monitors.refused_schedule(definition, expression)
        observe(expression, found.code, documented="ValidationException")


@belief(f"{STOPPING} MaxRuntimeInSeconds (3,600 for hourly schedules of data quality)")
def test_a_job_that_outlasts_its_schedule(monitors: Monitors, observe: Observe) -> None:
    """An hourly schedule of a job that may run longer than an hour is refused; that is assumed, the limit is not."""
    longer = monitors.made("longer", StoppingCondition={"MaxRuntimeInSeconds": 3_601})
    found = monitors.refused_schedule(longer)
    observe("code", found.code, documented="ValidationException")
    observe("limit", "3600" in found.message, documented=True)


@belief(ASSUMED)
def test_a_schedule_needs_its_definition(aws: Target, monitors: Monitors, observe: Observe) -> None:
    """A schedule of a job definition that does not exist is refused with a ValidationException."""
    found = monitors.refused_schedule(aws.name("none"))
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("does not exist"))


@belief("botocore: sagemaker.DescribeMonitoringSchedule (ResourceNotFound)")
def test_a_schedule_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a schedule that does not exist is refused with ResourceNotFound."""
    found = aws.refusal("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=aws.name("none"))
    observe("code", found.code, documented="ResourceNotFound")
