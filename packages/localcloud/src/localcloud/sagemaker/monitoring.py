"""Model Monitor: job definitions and schedules. monitoring_executions.py runs the schedules."""

from collections.abc import Callable
from contextlib import suppress

from localcloud.cloud import MODEL_MONITOR, Cloud
from localcloud.errors import AwsError, validation_error
from localcloud.sagemaker.instance_types import refuse_key_with_local_storage
from localcloud.sagemaker.listing import Listing, listed
from localcloud.sagemaker.monitoring_executions import SCHEDULE, parse_hours
from localcloud.sagemaker.operations import OPERATIONS, Members, Request, operation
from localcloud.sagemaker.references import require_role

PENDING, SCHEDULED, STOPPED = "Pending", "Scheduled", "Stopped"
PENDING_SECONDS = 2.0  # about a minute on AWS
DEFINITION_KINDS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
DEFINITIONS = Listing(
    "JobDefinitionSummaries",
    ("MonitoringJobDefinitionName", "MonitoringJobDefinitionArn", "CreationTime", "EndpointName"),
    "MonitoringJobDefinitionName",
    equal={"EndpointName": "EndpointName"},
)
SCHEDULES = Listing(
    "MonitoringScheduleSummaries",
    (
        "MonitoringScheduleName",
        "MonitoringScheduleArn",
        "CreationTime",
        "LastModifiedTime",
        "MonitoringScheduleStatus",
        "EndpointName",
        "MonitoringJobDefinitionName",
        "MonitoringType",
    ),
    "MonitoringScheduleName",
    equal={
        "EndpointName": "EndpointName",
        "StatusEquals": "MonitoringScheduleStatus",
        "MonitoringJobDefinitionName": "MonitoringJobDefinitionName",
        "MonitoringTypeEquals": "MonitoringType",
    },
    sort={"Status": "MonitoringScheduleStatus"},
)
# Longest runtime of an hourly schedule's job. Source: botocore 1.43.106, MonitoringStoppingCondition documentation.
HOURLY_LIMIT_SECONDS = {"DataQuality": 3600, "ModelExplainability": 3600, "ModelBias": 1800, "ModelQuality": 1800}


def _definition_operations(kind: str) -> None:
    """Register the Create, Describe, Delete and List operations of a kind of job definition."""
    what = f"{kind}JobDefinition"

    def find(request: Request) -> Members:
        found = request.cloud.store.get(request.scope, what, request["JobDefinitionName"])
        if found is None:
            raise AwsError("ResourceNotFound", f"{what} {request['JobDefinitionName']} does not exist.")
        return found

    def create(request: Request) -> Members:
        name = request["JobDefinitionName"]
        if request.cloud.store.get(request.scope, what, name):
            raise AwsError("ResourceInUse", f"{what} {name} already exists.")
        refuse_key_with_local_storage(request["JobResources"]["ClusterConfig"])
        require_role(request)
        arn = request.scope.arn(f"{_hyphened(kind)}-job-definition", name)
        kept = {**request.members, "JobDefinitionArn": arn, "CreationTime": request.cloud.clock.now()}
        request.cloud.store.put(request.scope, what, name, kept)
        return {"JobDefinitionArn": arn}

    def delete(request: Request) -> Members:
        find(request)
        request.cloud.store.delete(request.scope, what, request["JobDefinitionName"])
        return {}

    def list_all(request: Request) -> Members:
        found = request.cloud.store.of_kind(request.scope, what)
        return listed(request, DEFINITIONS, map(_summary, found))

    operations: dict[str, Callable[[Request], Members]] = {
        f"Create{what}": create,
        f"Describe{what}": find,
        f"Delete{what}": delete,
        f"List{what}s": list_all,
    }
    OPERATIONS.update(operations)


def _summary(definition: Members) -> Members:
    input_ = next(value for key, value in definition.items() if key.endswith("JobInput"))
    return {
        "MonitoringJobDefinitionName": definition["JobDefinitionName"],
        "MonitoringJobDefinitionArn": definition["JobDefinitionArn"],
        "CreationTime": definition["CreationTime"],
        "EndpointName": input_.get("EndpointInput", {}).get("EndpointName", ""),
    }


def _hyphened(kind: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).strip("-")


for _kind in DEFINITION_KINDS:
    _definition_operations(_kind)


@operation
def create_monitoring_schedule(request: Request) -> Members:
    """Create a monitoring schedule. Its job definition and its endpoint must exist."""
    name = request["MonitoringScheduleName"]
    if request.cloud.store.get(request.scope, SCHEDULE, name):
        raise AwsError("ResourceInUse", f"Monitoring schedule {name} already exists.")
    _refuse_new_customers(request)
    now = request.cloud.clock.now()
    schedule = {
        **request.members,
        **_checked(request),
        "MonitoringScheduleArn": request.scope.arn("monitoring-schedule", name),
        "MonitoringScheduleStatus": PENDING,
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    request.cloud.store.put(request.scope, SCHEDULE, name, schedule)
    request.cloud.host.start_thread(request.scope, _settle, request, name, SCHEDULED)
    return {"MonitoringScheduleArn": schedule["MonitoringScheduleArn"]}


def _refuse_new_customers(request: Request) -> None:
    """Raise AccessDeniedException for an account without schedules, if localcloud closes Model Monitor.

    AWS closed Model Monitor to new customers on 30 July 2026; those with schedules can continue to use it. Source:
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html. Code and message are
    assumptions: those of Amazon ML and OpsWorks, which AWS closed in the same way (rebuy-de/aws-nuke#341,
    ekristen/aws-nuke#665).
    """
    is_new = not request.cloud.store.of_kind(request.scope, SCHEDULE)
    if MODEL_MONITOR in request.cloud.closed and is_new:
        raise AwsError("AccessDeniedException", "Amazon SageMaker Model Monitor is no longer open to new customers.")


def _checked(request: Request) -> Members:
    """Return the members of a schedule that follow from its configuration.

    Raises:
        AwsError: ValidationException if the job definition or the endpoint does not exist, or the job may run for too
            long.
    """
    config = request["MonitoringScheduleConfig"]
    hours = parse_hours(config.get("ScheduleConfig", {}).get("ScheduleExpression", ""))
    name, kind = config.get("MonitoringJobDefinitionName"), config.get("MonitoringType")
    definition = request.cloud.store.get(request.scope, f"{kind}JobDefinition", name or "")
    if definition is None:
        raise validation_error(f"{kind} job definition {name} does not exist.")
    _check_limit(str(kind), definition, hours.every)
    endpoint = _summary(definition)["EndpointName"]
    if request.cloud.store.get(request.scope, "Endpoint", endpoint) is None:
        raise validation_error(f'Could not find endpoint "{request.scope.arn("endpoint", endpoint)}".')
    return {
        "MonitoringScheduleConfig": config,
        "MonitoringType": kind,
        "MonitoringJobDefinitionName": name,
        "EndpointName": endpoint,
    }


def _check_limit(kind: str, definition: Members, every_hours: int) -> None:
    """Raise ValidationException if a job may run longer than its schedule's period allows.

    The limit is the period, and for some kinds of hourly jobs half of it. That the request is rejected, and the
    message, are assumptions.
    """
    allowed = HOURLY_LIMIT_SECONDS[kind] if every_hours == 1 else every_hours * 3600
    given = definition.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 0)
    if given > allowed:
        raise validation_error(f"MaxRuntimeInSeconds of this {kind} job is {given}, but at most {allowed} is allowed.")


def _schedule(request: Request) -> Members:
    name = request["MonitoringScheduleName"].rsplit("/", 1)[-1]
    found = request.cloud.store.get(request.scope, SCHEDULE, name)
    if found is None:
        raise AwsError("ResourceNotFound", f"Monitoring schedule {name} does not exist.")
    return found


def _changeable(request: Request) -> Members:
    """Return a schedule that can be changed.

    Source: https://github.com/aws/amazon-sagemaker-examples/issues/2342

    Raises:
        AwsError: ValidationException while an earlier change is pending.
    """
    schedule = _schedule(request)
    if schedule["MonitoringScheduleStatus"] == PENDING:
        raise validation_error(f"Monitoring schedule in status {PENDING}")
    return schedule


@operation
def update_monitoring_schedule(request: Request) -> Members:
    """Change a monitoring schedule."""
    status = _changeable(request)["MonitoringScheduleStatus"]
    return {"MonitoringScheduleArn": _change(request, status, _checked(request))["MonitoringScheduleArn"]}


@operation
def describe_monitoring_schedule(request: Request) -> Members:
    """Return a monitoring schedule."""
    return _schedule(request)


@operation
def stop_monitoring_schedule(request: Request) -> Members:
    """Stop a monitoring schedule."""
    _change(request, STOPPED, {})
    return {}


@operation
def start_monitoring_schedule(request: Request) -> Members:
    """Start a monitoring schedule that was stopped."""
    _change(request, SCHEDULED, {})
    return {}


def _change(request: Request, status: str, members: Members) -> Members:
    """Set a schedule to Pending. The changed members apply at once, the new status after a delay."""
    schedule = _changeable(request)
    now = request.cloud.clock.now()
    schedule |= {**members, "MonitoringScheduleStatus": PENDING, "LastModifiedTime": now}
    name = schedule["MonitoringScheduleName"]
    request.cloud.store.put(request.scope, SCHEDULE, name, schedule)
    request.cloud.host.start_thread(request.scope, _settle, request, name, status)
    return schedule


def _settle(request: Request, name: str, status: str) -> None:
    """Set the status of a schedule after a delay, in which it is Pending and rejects other changes."""
    request.cloud.clock.wait(PENDING_SECONDS, request.cloud.stopping)
    with suppress(KeyError):
        request.cloud.store.update(request.scope, SCHEDULE, name, lambda found: _leave_pending(found, status))


def _leave_pending(schedule: Members, status: str) -> None:
    if schedule["MonitoringScheduleStatus"] == PENDING:
        schedule["MonitoringScheduleStatus"] = status


def settle_schedules(cloud: Cloud) -> None:
    """Set the schedules that were Pending before a restart to Scheduled."""
    for scope, name, schedule in list(cloud.store.everywhere(SCHEDULE)):
        _leave_pending(schedule, SCHEDULED)
        cloud.store.put(scope, SCHEDULE, name, schedule)


@operation
def delete_monitoring_schedule(request: Request) -> Members:
    """Delete a monitoring schedule."""
    schedule = _changeable(request)
    request.cloud.store.delete(request.scope, SCHEDULE, schedule["MonitoringScheduleName"])
    return {}


@operation
def list_monitoring_schedules(request: Request) -> Members:
    """List monitoring schedules."""
    return listed(request, SCHEDULES, request.cloud.store.of_kind(request.scope, SCHEDULE))
