"""Model Monitor: job definitions and schedules. What runs them is in monitoring_executions.py."""

from collections.abc import Callable

from localcloud.errors import AwsError, validation_error
from localcloud.sagemaker.listing import chosen, page
from localcloud.sagemaker.monitoring_executions import SCHEDULE, parse_hours
from localcloud.sagemaker.operations import OPERATIONS, Members, Request, operation

DEFINITION_KINDS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")


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


def _check(request: Request) -> None:
    config = request["MonitoringScheduleConfig"]
    parse_hours(config.get("ScheduleConfig", {}).get("ScheduleExpression", ""))
    name, kind = config.get("MonitoringJobDefinitionName"), config.get("MonitoringType")
    definition = request.cloud.store.get(request.scope, f"{kind}JobDefinition", name or "")
    if definition is None:
        raise validation_error(f"{kind} job definition {name} does not exist.")
    endpoint = _summary(definition)["EndpointName"]
    if request.cloud.store.get(request.scope, "Endpoint", endpoint) is None:
        raise validation_error(f'Could not find endpoint "{request.scope.arn("endpoint", endpoint)}".')


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
