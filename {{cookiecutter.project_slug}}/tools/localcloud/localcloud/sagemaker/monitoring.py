"""Model Monitor: job definitions and schedules. What runs them is in monitoring_executions.py."""

from collections.abc import Callable

from localcloud.cloud import MODEL_MONITOR
from localcloud.errors import AwsError, validation_error
from localcloud.sagemaker.listing import chosen, page
from localcloud.sagemaker.monitoring_executions import SCHEDULE, parse_hours
from localcloud.sagemaker.operations import OPERATIONS, Members, Request, operation

DEFINITION_KINDS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
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
        return page(request, "JobDefinitionSummaries", found, _summary)

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
    _check(request)
    now = request.cloud.clock.now()
    schedule = {
        **request.members,
        "MonitoringScheduleArn": request.scope.arn("monitoring-schedule", name),
        "MonitoringType": request["MonitoringScheduleConfig"].get("MonitoringType"),
        "MonitoringScheduleStatus": "Scheduled",
        "CreationTime": now,
        "LastModifiedTime": now,
    }
    request.cloud.store.put(request.scope, SCHEDULE, name, schedule)
    return {"MonitoringScheduleArn": schedule["MonitoringScheduleArn"]}


def _refuse_new_customers(request: Request) -> None:
    """AWS closed Model Monitor on 30 July 2026; whoever has schedules goes on.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-availability-change.html. Code and wording
    are assumed: those of Amazon ML and OpsWorks, closed in the same way (rebuy-de/aws-nuke#341, ekristen/aws-nuke#665).
    """
    is_new = not request.cloud.store.of_kind(request.scope, SCHEDULE)
    if MODEL_MONITOR in request.cloud.closed and is_new:
        raise AwsError("AccessDeniedException", "Amazon SageMaker Model Monitor is no longer open to new customers.")


def _check(request: Request) -> None:
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


@operation
def update_monitoring_schedule(request: Request) -> Members:
    """Change a schedule."""
    schedule = _schedule(request)
    _check(request)
    schedule |= {
        "MonitoringScheduleConfig": request["MonitoringScheduleConfig"],
        "MonitoringType": request["MonitoringScheduleConfig"].get("MonitoringType"),
        "LastModifiedTime": request.cloud.clock.now(),
    }
    request.cloud.store.put(request.scope, SCHEDULE, schedule["MonitoringScheduleName"], schedule)
    return {"MonitoringScheduleArn": schedule["MonitoringScheduleArn"]}


@operation
def describe_monitoring_schedule(request: Request) -> Members:
    """Return one schedule."""
    return _schedule(request)


@operation
def stop_monitoring_schedule(request: Request) -> Members:
    """Let a schedule rest."""
    return _set_status(request, "Stopped")


@operation
def start_monitoring_schedule(request: Request) -> Members:
    """Let a schedule that rests run again."""
    return _set_status(request, "Scheduled")


def _set_status(request: Request, status: str) -> Members:
    schedule = _schedule(request)
    schedule |= {"MonitoringScheduleStatus": status, "LastModifiedTime": request.cloud.clock.now()}
    request.cloud.store.put(request.scope, SCHEDULE, schedule["MonitoringScheduleName"], schedule)
    return {}


@operation
def delete_monitoring_schedule(request: Request) -> Members:
    """Remove a schedule."""
    schedule = _schedule(request)
    request.cloud.store.delete(request.scope, SCHEDULE, schedule["MonitoringScheduleName"])
    return {}


@operation
def list_monitoring_schedules(request: Request) -> Members:
    """List schedules."""
    members = ("MonitoringScheduleName", "MonitoringScheduleArn", "CreationTime", "LastModifiedTime")
    found = request.cloud.store.of_kind(request.scope, SCHEDULE)

    def summary(schedule: Members) -> Members:
        return {**chosen(schedule, members), "MonitoringScheduleStatus": schedule["MonitoringScheduleStatus"]}

    return page(request, "MonitoringScheduleSummaries", found, summary)
