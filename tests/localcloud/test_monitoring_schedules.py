"""Model Monitor's schedules: jobs by the hour, what they are told, what became of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localcloud.clock import Clock
from localcloud.instance import Instance
from localcloud.sagemaker.monitoring_executions import Hours, parse_hours

from tests.localcloud.conftest import BUCKET, IMAGE, ROLE, LocalCloud
from tests.localcloud.test_endpoints import put_model
from tests.localcloud.waiting import wait_until
from tests.ports import reserved_port

NAME, ENDPOINT = "looked-after", "looked-after"
SCALE = 1800.0  # an hour is two seconds
SOURCE, OUTPUT = "/opt/ml/processing/input/endpoint", "/opt/ml/processing/output"


@pytest.fixture(scope="module")
def fast(localcloud_on_path: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A localcloud in a hurry, with an endpoint that captures."""
    instance = Instance(tmp_path_factory.mktemp("fast-cloud"))
    running, _ = instance.start(reserved_port(), time_scale=SCALE)
    cloud = LocalCloud(instance, running)
    cloud.prepare()
    serve(cloud)
    yield cloud
    instance.stop(running)


def serve(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    container = {
        "Image": IMAGE,
        "ModelDataUrl": put_model(cloud, "m"),
        "Environment": {"MODEL_DIRECTORY": "/opt/ml/model"},
    }
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    }
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant], DataCaptureConfig=capture)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="c")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT, WaiterConfig={"Delay": 1})


@pytest.fixture
def schedule(fast: LocalCloud) -> Iterator[str]:
    """An hourly schedule of a monitor."""
    make_schedule(fast)
    yield NAME
    sagemaker = fast.client("sagemaker")
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName=NAME)
    sagemaker.delete_data_quality_job_definition(JobDefinitionName="d")


def make_schedule(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_data_quality_job_definition(
        JobDefinitionName="d",
        DataQualityAppSpecification={
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python", "monitor.py"],
            "Environment": {"MINE": "mine"},
        },
        DataQualityJobInput={"EndpointInput": {"EndpointName": ENDPOINT, "LocalPath": SOURCE}},
        DataQualityJobOutputConfig={
            "MonitoringOutputs": [{"S3Output": {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": OUTPUT}}]
        },
        JobResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        RoleArn=ROLE,
    )
    sagemaker.create_monitoring_schedule(MonitoringScheduleName=NAME, MonitoringScheduleConfig=config())


def config(expression: str = "cron(0 * ? * * *)") -> dict[str, Any]:
    return {
        "MonitoringJobDefinitionName": "d",
        "MonitoringType": "DataQuality",
        "ScheduleConfig": {"ScheduleExpression": expression},
    }


def capture(cloud: LocalCloud, message: str, code: int = 0) -> None:
    """Put one captured line, which tells the monitor how to end."""
    key = f"capture/{ENDPOINT}/AllTraffic/{datetime.now(UTC):%Y/%m/%d/%H}/1.jsonl"
    line = json.dumps({"message": message, "code": code})
    cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=line.encode())


def executions(cloud: LocalCloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("sagemaker").list_monitoring_executions(
        MonitoringScheduleName=NAME, MaxResults=100
    )["MonitoringExecutionSummaries"]
    return found


def ended(cloud: LocalCloud, status: str) -> dict[str, Any]:
    """The newest execution with a status; waits for one."""
    wait_until(lambda: any(one["MonitoringExecutionStatus"] == status for one in executions(cloud)))
    return next(one for one in executions(cloud) if one["MonitoringExecutionStatus"] == status)


def test_an_hour_is_analysed_and_the_container_is_told_which(fast: LocalCloud, schedule: str) -> None:
    capture(fast, "Completed: fine")
    execution = ended(fast, "Completed")
    assert execution["EndpointName"] == ENDPOINT
    job = fast.client("sagemaker").describe_processing_job(
        ProcessingJobName=execution["ProcessingJobArn"].rsplit("/")[-1]
    )
    report = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    assert report.startswith(f"s3://{BUCKET}/reports/{ENDPOINT}/{NAME}/")
    key = f"{report.removeprefix(f's3://{BUCKET}/')}/told.json"
    told = json.loads(fast.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert told["MINE"] == "mine"
    assert len(told["files"]) == 1
    window = datetime.fromisoformat(told["end_time"]) - datetime.fromisoformat(told["start_time"])
    assert window <= timedelta(hours=1) / SCALE + timedelta(seconds=1)
    described = fast.client("sagemaker").describe_monitoring_schedule(MonitoringScheduleName=NAME)
    assert described["LastMonitoringExecutionSummary"]["MonitoringExecutionStatus"]


def test_violations_failures_and_windows_without_data_are_told_apart(fast: LocalCloud, schedule: str) -> None:
    capture(fast, "CompletedWithViolations: two")
    ended(fast, "CompletedWithViolations")
    capture(fast, "the baseline is gone", code=1)
    assert ended(fast, "Failed")["FailureReason"] == "the baseline is gone"
    hour = f"capture/{ENDPOINT}/AllTraffic/{datetime.now(UTC):%Y/%m/%d/%H}/1.jsonl"
    fast.client("s3").delete_object(Bucket=BUCKET, Key=hour)
    wait_until(lambda: any(one.get("FailureReason") == "Job inputs had no data" for one in executions(fast)))


def test_a_schedule_that_changes_is_pending_and_refuses_other_changes(own_cloud: LocalCloud) -> None:
    """Source: https://github.com/aws/amazon-sagemaker-examples/issues/2342."""
    serve(own_cloud)
    make_schedule(own_cloud)
    sagemaker = own_cloud.client("sagemaker")

    def described() -> dict[str, Any]:
        found: dict[str, Any] = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=NAME)
        return found

    assert described()["MonitoringScheduleStatus"] == "Pending"
    for change in (sagemaker.stop_monitoring_schedule, sagemaker.delete_monitoring_schedule):
        with pytest.raises(ClientError, match="Monitoring schedule in status Pending"):
            change(MonitoringScheduleName=NAME)
    wait_until(lambda: described()["MonitoringScheduleStatus"] == "Scheduled")
    assert (described()["EndpointName"], described()["MonitoringType"]) == (ENDPOINT, "DataQuality")


def test_a_schedule_that_rests_runs_nothing(fast: LocalCloud, schedule: str) -> None:
    sagemaker = fast.client("sagemaker")
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName=NAME)
    wait_until(lambda: all(one["MonitoringExecutionStatus"] != "InProgress" for one in executions(fast)))
    before = len(executions(fast))
    with pytest.raises(AssertionError):
        wait_until(lambda: len(executions(fast)) > before, 5)
    sagemaker.start_monitoring_schedule(MonitoringScheduleName=NAME)
    wait_until(lambda: len(executions(fast)) > before)


@pytest.mark.parametrize(
    ("expression", "hours", "latest"),
    [
        ("cron(0 * ? * * *)", Hours(0, 1), 14),
        ("cron(0 [00-23] ? * * *)", Hours(0, 1), 14),
        ("cron(0 9 ? * * *)", Hours(9, 24), 9),
        ("cron(0 0/6 ? * * *)", Hours(0, 6), 12),
    ],
)
def test_hours_are_read(expression: str, hours: Hours, latest: int) -> None:
    assert parse_hours(expression) == hours
    assert hours.latest(datetime(2026, 11, 22, 14, 30, tzinfo=UTC)) == datetime(2026, 11, 22, latest, tzinfo=UTC)


def test_a_time_of_day_is_looked_for_on_the_day_before() -> None:
    assert Hours(20, 24).latest(datetime(2026, 11, 22, 14, tzinfo=UTC)) == datetime(2026, 11, 21, 20, tzinfo=UTC)


def test_scheduled_time_passes_faster_and_back() -> None:
    clock = Clock(60.0, begin=1000.0)
    assert clock.scheduled(1060.0) == 4600.0
    assert clock.real(4600.0) == 1060.0


def test_other_schedules_pass_as_fast(fast: LocalCloud) -> None:
    """EventBridge Scheduler: a rate of an hour, every two seconds."""
    queue = fast.client("sqs").create_queue(QueueName="ticks")["QueueUrl"]
    fast.client("scheduler").create_schedule(
        Name="ticks",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:eu-west-1:000000000000:ticks", "RoleArn": ROLE, "Input": "{}"},
    )

    def ticks() -> int:
        answer = fast.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    wait_until(lambda: ticks() >= 2)
