"""Model Monitor: job definitions and schedules. What runs them is in monitoring_executions.py."""

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
PENDING_SECONDS = 2.0  # on AWS about a minute
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
# Longest run of an hourly schedule's job. Source: botocore 1.43.106, MonitoringStoppingCondition documentation.
HOURLY_LIMIT_SECONDS = {"DataQuality": 3600, "ModelExplainability": 3600, "ModelBias": 1800, "ModelQuality": 1800}


def _definition_operations(kind: str) -> None:
    """Register the four operations of one kind of job definition."""
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
    """Keep a schedule; its job definition and endpoint have to exist."""
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
    """AWS closed Model Monitor on 30 July 2026; whoever has schedules goes on.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html. Code and wording
    are assumed: those of Amazon ML and OpsWorks, closed in the same way (rebuy-de/aws-nuke#341, ekristen/aws-nuke#665).
    """
    is_new = not request.cloud.store.of_kind(request.scope, SCHEDULE)
    if MODEL_MONITOR in request.cloud.closed and is_new:
        raise AwsError("AccessDeniedException", "Amazon SageMaker Model Monitor is no longer open to new customers.")


def _checked(request: Request) -> Members:
    """Raise unless definition and endpoint are there; returns what a schedule shows of its configuration."""
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
    """A job may not run longer than its schedule's period, and for some kinds not longer than half an hour of it.

    That it is refused here, and in these words, is assumed.
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
    """Return a schedule; raises the service's ValidationException while an earlier change is under way.

    Source: https://github.com/aws/amazon-sagemaker-examples/issues/2342
    """
    schedule = _schedule(request)
    if schedule["MonitoringScheduleStatus"] == PENDING:
        raise validation_error(f"Monitoring schedule in status {PENDING}")
    return schedule


@operation
def update_monitoring_schedule(request: Request) -> Members:
    """Change a schedule."""
    status = _changeable(request)["MonitoringScheduleStatus"]
    return {"MonitoringScheduleArn": _change(request, status, _checked(request))["MonitoringScheduleArn"]}


@operation
def describe_monitoring_schedule(request: Request) -> Members:
    """Return one schedule."""
    return _schedule(request)


@operation
def stop_monitoring_schedule(request: Request) -> Members:
    """Let a schedule rest."""
    _change(request, STOPPED, {})
    return {}


@operation
def start_monitoring_schedule(request: Request) -> Members:
    """Let a schedule that rests run again."""
    _change(request, SCHEDULED, {})
    return {}


def _change(request: Request, status: str, members: Members) -> Members:
    """Make a schedule Pending; it takes on the changed members at once and the status after a while."""
    schedule = _changeable(request)
    now = request.cloud.clock.now()
    schedule |= {**members, "MonitoringScheduleStatus": PENDING, "LastModifiedTime": now}
    name = schedule["MonitoringScheduleName"]
    request.cloud.store.put(request.scope, SCHEDULE, name, schedule)
    request.cloud.host.start_thread(request.scope, _settle, request, name, status)
    return schedule


def _settle(request: Request, name: str, status: str) -> None:
    """After a change a schedule is Pending for a while, and refuses other changes meanwhile."""
    request.cloud.clock.wait(PENDING_SECONDS, request.cloud.stopping)
    with suppress(KeyError):
        request.cloud.store.update(request.scope, SCHEDULE, name, lambda found: _leave_pending(found, status))


def _leave_pending(schedule: Members, status: str) -> None:
    if schedule["MonitoringScheduleStatus"] == PENDING:
        schedule["MonitoringScheduleStatus"] = status


def settle_schedules(cloud: Cloud) -> None:
    """After a restart: schedules that were Pending are Scheduled."""
    for scope, name, schedule in list(cloud.store.everywhere(SCHEDULE)):
        _leave_pending(schedule, SCHEDULED)
        cloud.store.put(scope, SCHEDULE, name, schedule)


@operation
def delete_monitoring_schedule(request: Request) -> Members:
    """Remove a schedule."""
    schedule = _changeable(request)
    request.cloud.store.delete(request.scope, SCHEDULE, schedule["MonitoringScheduleName"])
    return {}


@operation
def list_monitoring_schedules(request: Request) -> Members:
    """List schedules."""
    return listed(request, SCHEDULES, request.cloud.store.of_kind(request.scope, SCHEDULE))
