"""Execution of monitoring schedules: a processing job per window, with Model Monitor's variables.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-contract-inputs.html
"""

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from localcloud.cloud import Cloud
from localcloud.errors import AwsError, NotInLocalcloud, validation_error
from localcloud.sagemaker import jobs, processing_jobs
from localcloud.sagemaker.listing import Listing, listed
from localcloud.sagemaker.operations import Members, Request, call, operation
from localcloud.sagemaker.s3_files import split_uri
from localcloud.scope import Scope, random_id

SCHEDULE, EXECUTION = "MonitoringSchedule", "MonitoringExecution"
EXECUTIONS = Listing(
    "MonitoringExecutionSummaries",
    (
        "MonitoringScheduleName",
        "ScheduledTime",
        "CreationTime",
        "LastModifiedTime",
        "MonitoringExecutionStatus",
        "ProcessingJobArn",
        "EndpointName",
        "FailureReason",
        "MonitoringJobDefinitionName",
        "MonitoringType",
    ),
    equal={
        "MonitoringScheduleName": "MonitoringScheduleName",
        "EndpointName": "EndpointName",
        "StatusEquals": "MonitoringExecutionStatus",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
        "MonitoringTypeEquals": "MonitoringType",
    },
    sort={"Status": "MonitoringExecutionStatus"},
)
TICK_SECONDS = 0.5
HOURLY = re.compile(r"cron\(0 (?:\*|\[00-23\]|(\d{1,2})(?:/(\d{1,2}))?) \? \* \* \*\)")
WITH_VIOLATIONS = "CompletedWithViolations"
NO_DATA = "Job inputs had no data"
CAPTURE_FORMAT = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}
log = logging.getLogger("localcloud")
_one_at_a_time = Lock()  # endpoints need the CPU as well


@dataclass(frozen=True)
class Hours:
    """Hours of the day at which a schedule runs: the first one, and the interval in hours."""

    first: int
    every: int

    def latest(self, time: datetime) -> datetime:
        """Return the latest time, up to the given one, at which the schedule is due."""
        hour = time.replace(minute=0, second=0, microsecond=0)
        while hour.hour < self.first or (hour.hour - self.first) % self.every:
            hour -= timedelta(hours=1)
        return hour


def parse_hours(expression: str) -> Hours:
    """Return the hours of a cron expression: every hour, every day or every few hours.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-schedule-expression.html

    Raises:
        AwsError: ValidationException for an expression that Model Monitor does not accept.
        NotInLocalcloud: for NOW.
    """
    found = HOURLY.fullmatch(expression.strip())
    if found is None:
        if expression == "NOW":
            raise NotInLocalcloud("monitoring schedules that run once (NOW)")
        raise validation_error(
            f"expected a schedule of whole hours or days, such as cron(0 * ? * * *); found {expression}"
        )
    if found.group(1) is None:
        return Hours(0, 1)
    first, every = int(found.group(1)), int(found.group(2) or 24)
    if not (first < 24 and 1 <= every <= 24):
        raise validation_error(f"expected hours of a day; found {expression}")
    return Hours(first, every)


def run_schedules(cloud: Cloud) -> None:
    """Start the executions that are due, until localcloud stops."""
    latest: dict[tuple[Scope, str], datetime] = {}
    while not cloud.stopping.wait(TICK_SECONDS):
        schedules = list(cloud.store.everywhere(SCHEDULE))
        for gone in latest.keys() - {(scope, name) for scope, name, _ in schedules}:
            del latest[gone]  # a new schedule of that name has windows of its own
        for scope, name, schedule in schedules:
            try:
                _run_if_due(cloud, scope, name, schedule, latest)
            except Exception:
                log.exception("the monitoring schedule %s could not run", name)


def _run_if_due(
    cloud: Cloud, scope: Scope, name: str, schedule: Members, latest: dict[tuple[Scope, str], datetime]
) -> None:
    if schedule["MonitoringScheduleStatus"] != "Scheduled":
        latest.pop((scope, name), None)
        return
    expression = schedule["MonitoringScheduleConfig"]["ScheduleConfig"]["ScheduleExpression"]
    due = parse_hours(expression).latest(datetime.fromtimestamp(cloud.clock.scheduled(cloud.clock.now()), UTC))
    before = latest.setdefault((scope, name), due)  # the first window is the first complete one
    if due > before:
        latest[(scope, name)] = due
        window = tuple(datetime.fromtimestamp(cloud.clock.real(time.timestamp()), UTC) for time in (before, due))
        cloud.host.start_thread(scope, _execute, cloud, scope, schedule, window)


def _execute(cloud: Cloud, scope: Scope, schedule: Members, window: tuple[datetime, datetime]) -> None:
    name = schedule["MonitoringScheduleName"]
    config, now = schedule["MonitoringScheduleConfig"], cloud.clock.now()
    kind = f"{config['MonitoringType']}JobDefinition"
    definition = cloud.store.get(scope, kind, config["MonitoringJobDefinitionName"])
    record: Members = {
        "MonitoringScheduleName": name,
        "ScheduledTime": now,
        "CreationTime": now,
        "LastModifiedTime": now,
        "MonitoringExecutionStatus": "InProgress",
        "MonitoringJobDefinitionName": config["MonitoringJobDefinitionName"],
        "MonitoringType": config["MonitoringType"],
    }
    key = f"{name}-{random_id(8)}"
    try:
        if definition is None:
            raise AwsError("ResourceNotFound", f"{kind} {config['MonitoringJobDefinitionName']} does not exist.")
        with _one_at_a_time:
            job = _job(cloud, scope, name, definition, window)
            record |= {"EndpointName": _input(definition)["EndpointName"]}
            answer = call(cloud, scope, "CreateProcessingJob", job)
            record["ProcessingJobArn"] = answer["ProcessingJobArn"]
            cloud.store.put(scope, EXECUTION, key, record)
            record |= _outcome(cloud, scope, job["ProcessingJobName"])
    except AwsError as error:
        record |= {"MonitoringExecutionStatus": "Failed", "FailureReason": error.message}
    record["LastModifiedTime"] = cloud.clock.now()
    cloud.store.put(scope, EXECUTION, key, record)
    cloud.store.update(scope, SCHEDULE, name, lambda found: found.update(LastMonitoringExecutionSummary=record))


def _outcome(cloud: Cloud, scope: Scope, job_name: str) -> Members:
    """Wait until the job has ended, and return the status of the execution."""
    while not cloud.stopping.wait(0.2):
        job = cloud.store.get(scope, processing_jobs.KIND.kind, job_name) or {}
        status = job.get("ProcessingJobStatus")
        if status == jobs.COMPLETED:
            broken = str(job.get("ExitMessage") or "").startswith(WITH_VIOLATIONS)
            return {"MonitoringExecutionStatus": WITH_VIOLATIONS if broken else "Completed"}
        if status in jobs.FINAL:
            reason = job.get("ExitMessage") or job.get("FailureReason") or "the job was stopped"
            return {
                "MonitoringExecutionStatus": "Stopped" if status == jobs.STOPPED else "Failed",
                "FailureReason": reason,
            }
    return {"MonitoringExecutionStatus": "Stopped", "FailureReason": "localcloud was stopped while the job ran"}


def _part(definition: Members, ending: str) -> Any:
    """Return the property of a job definition with an ending. The beginning depends on the kind."""
    return next(value for key, value in definition.items() if key.endswith(ending))


def _input(definition: Members) -> Members:
    endpoint: Members = _part(definition, "JobInput")["EndpointInput"]
    return endpoint


def _job(cloud: Cloud, scope: Scope, schedule: str, definition: Members, window: tuple[datetime, datetime]) -> Members:
    """Return the request for the processing job of a window."""
    application, place = _part(definition, "AppSpecification"), _input(definition)
    output = _part(definition, "JobOutputConfig")["MonitoringOutputs"][0]["S3Output"]
    capture_uri = _capture_uri(cloud, scope, place["EndpointName"])
    start, end = window
    environment = {
        "dataset_format": json.dumps(CAPTURE_FORMAT),
        "dataset_source": place["LocalPath"],
        "output_path": output["LocalPath"],
        "publish_cloudwatch_metrics": "Disabled",
        "start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "sagemaker_endpoint_name": place["EndpointName"],
        "sagemaker_monitoring_schedule_name": schedule,
        "sagemaker_endpoint_datacapture_prefix": capture_uri,
    }
    report = f"{output['S3Uri']}/{place['EndpointName']}/{schedule}/{end:%Y/%m/%d/%H}"
    specification = {"ImageUri": application["ImageUri"]}
    if application.get("ContainerEntrypoint"):
        specification["ContainerEntrypoint"] = application["ContainerEntrypoint"]
    return {
        "ProcessingJobName": f"model-monitoring-{end:%Y%m%d%H%M%S}-{random_id(12)}",
        "AppSpecification": specification,
        "Environment": {**application.get("Environment", {}), **environment},
        "ProcessingInputs": _inputs(cloud, scope, definition, capture_uri, window),
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "monitoring_output",
                    "S3Output": {"S3Uri": report, "LocalPath": output["LocalPath"], "S3UploadMode": "EndOfJob"},
                }
            ]
        },
        "ProcessingResources": {"ClusterConfig": definition["JobResources"]["ClusterConfig"]},
        "RoleArn": definition["RoleArn"],
        "StoppingCondition": definition.get("StoppingCondition", {"MaxRuntimeInSeconds": 3600}),
    }


def _capture_uri(cloud: Cloud, scope: Scope, endpoint: str) -> str:
    found = call(cloud, scope, "DescribeEndpoint", {"EndpointName": endpoint})
    destination = found.get("DataCaptureConfig", {}).get("DestinationS3Uri")
    if not destination:
        raise validation_error(f"the endpoint {endpoint} captures no data")
    return f"{destination.rstrip('/')}/{endpoint}"


def _inputs(
    cloud: Cloud, scope: Scope, definition: Members, capture_uri: str, window: tuple[datetime, datetime]
) -> list[Members]:
    """Return an input for every hour that overlaps with the window and has captured data.

    Raises:
        AwsError: ValidationException if there is no captured data.
    """
    inputs: list[Members] = []
    place = _input(definition)
    client = cloud.host.client(scope, "s3", definition["RoleArn"])
    bucket, prefix = split_uri(capture_uri)
    hour, end = window[0].replace(minute=0, second=0, microsecond=0), window[1]
    folders = client.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/", Delimiter="/").get("CommonPrefixes", [])
    while hour < end:
        for folder in folders:
            key = f"{folder['Prefix']}{hour:%Y/%m/%d/%H}"
            if client.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents"):
                local = f"{place['LocalPath']}/{key.removeprefix(prefix).strip('/')}"
                source = {"S3Uri": f"s3://{bucket}/{key}", "LocalPath": local, "S3DataType": "S3Prefix"}
                inputs.append({"InputName": f"capture-{len(inputs)}", "S3Input": {**source, "S3InputMode": "File"}})
        hour += timedelta(hours=1)
    if not inputs:
        raise validation_error(NO_DATA)
    return inputs


@operation
def list_monitoring_executions(request: Request) -> Members:
    """List monitoring executions, newest first, of one schedule or of all."""
    return listed(request, EXECUTIONS, request.cloud.store.of_kind(request.scope, EXECUTION))
