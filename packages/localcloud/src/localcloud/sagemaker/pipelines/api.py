"""Operations of SageMaker Pipelines."""

from threading import Event

from localcloud.errors import AwsError, NotInLocalcloud, validation_error
from localcloud.sagemaker.callers import caller
from localcloud.sagemaker.listing import ASCENDING, DESCENDING, Listing, chosen, listed, page
from localcloud.sagemaker.operations import Members, Request, operation
from localcloud.sagemaker.pipelines.definition import parse_definition
from localcloud.sagemaker.pipelines.execution import EXECUTING, KIND, STOPPING, Execution
from localcloud.sagemaker.references import require_role
from localcloud.scope import Scope, random_id

PIPELINE = "Pipeline"
PIPELINES = Listing(
    "PipelineSummaries",
    (
        "PipelineArn",
        "PipelineName",
        "PipelineDisplayName",
        "PipelineDescription",
        "RoleArn",
        "CreationTime",
        "LastModifiedTime",
        "LastExecutionTime",
    ),
    "PipelineName",
)
EXECUTIONS = Listing(
    "PipelineExecutionSummaries",
    (
        "PipelineExecutionArn",
        "StartTime",
        "PipelineExecutionStatus",
        "PipelineExecutionDescription",
        "PipelineExecutionDisplayName",
        "PipelineExecutionFailureReason",
    ),
)
STEP_MEMBERS = (
    "StepName",
    "StepDisplayName",
    "StepDescription",
    "StartTime",
    "EndTime",
    "StepStatus",
    "FailureReason",
    "Metadata",
    "AttemptCount",
)
_STOPS: dict[tuple[Scope, str], Event] = {}


def stop_everything() -> None:
    """Stop all executions, because localcloud is being reset."""
    for event in list(_STOPS.values()):
        event.set()
    _STOPS.clear()


def _definition_text(request: Request) -> str | None:
    if request.get("PipelineDefinitionS3Location"):
        raise NotInLocalcloud("PipelineDefinitionS3Location")
    text: str | None = request.get("PipelineDefinition")
    return text


@operation
def create_pipeline(request: Request) -> Members:
    """Create a pipeline."""
    name = request["PipelineName"]
    arn = request.scope.arn("pipeline", name)
    if request.cloud.store.get(request.scope, PIPELINE, name):
        raise validation_error(
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists."
        )
    text = _definition_text(request)
    if text is None:
        raise validation_error("PipelineDefinition is required.")
    parse_definition(text)
    require_role(request)
    now = request.cloud.clock.now()
    kept = chosen(
        request.members,
        ("PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration"),
    )
    pipeline = {
        "PipelineDisplayName": name,
        **kept,
        "PipelineArn": arn,
        "PipelineDefinition": text,
        "PipelineStatus": "Active",
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": caller(request),
        "LastModifiedBy": caller(request),
    }
    request.cloud.store.put(request.scope, PIPELINE, name, pipeline)
    return {"PipelineArn": arn}


def _pipeline(request: Request) -> Members:
    name = request["PipelineName"].rsplit("/", 1)[-1]
    pipeline = request.cloud.store.get(request.scope, PIPELINE, name)
    if pipeline is None:
        raise AwsError("ResourceNotFound", f"Pipeline '{request.scope.arn('pipeline', name)}' does not exist.")
    return pipeline


@operation
def update_pipeline(request: Request) -> Members:
    """Update a pipeline. Executions that are running keep their definition."""
    pipeline = _pipeline(request)
    text = _definition_text(request)
    if text is not None:
        parse_definition(text)
        pipeline["PipelineDefinition"] = text
    require_role(request)
    pipeline |= chosen(
        request.members, ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
    )
    pipeline |= {"LastModifiedTime": request.cloud.clock.now(), "LastModifiedBy": caller(request)}
    request.cloud.store.put(request.scope, PIPELINE, pipeline["PipelineName"], pipeline)
    return {"PipelineArn": pipeline["PipelineArn"]}


@operation
def describe_pipeline(request: Request) -> Members:
    """Return a pipeline."""
    return _pipeline(request)


@operation
def delete_pipeline(request: Request) -> Members:
    """Delete a pipeline."""
    pipeline = _pipeline(request)
    request.cloud.store.delete(request.scope, PIPELINE, pipeline["PipelineName"])
    return {"PipelineArn": pipeline["PipelineArn"]}


@operation
def list_pipelines(request: Request) -> Members:
    """List pipelines."""
    return listed(request, PIPELINES, request.cloud.store.of_kind(request.scope, PIPELINE))


@operation
def start_pipeline_execution(request: Request) -> Members:
    """Start an execution, or return the one that a request with the same ClientRequestToken started."""
    pipeline = _pipeline(request)
    for record in _executions(request, pipeline):
        if record["ClientRequestToken"] == request["ClientRequestToken"]:
            return {"PipelineExecutionArn": record["PipelineExecutionArn"]}
    if request.get("SelectiveExecutionConfig") or request.get("PipelineVersionId"):
        raise NotInLocalcloud("SelectiveExecutionConfig and PipelineVersionId")
    definition = parse_definition(pipeline["PipelineDefinition"])
    given = {entry["Name"]: entry["Value"] for entry in request.get("PipelineParameters", [])}
    execution_id, now = random_id(), request.cloud.clock.now()
    record = {
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        **chosen(
            request.members,
            (
                "PipelineExecutionDisplayName",
                "PipelineExecutionDescription",
                "ClientRequestToken",
                "ParallelismConfiguration",
            ),
        ),
        "PipelineName": pipeline["PipelineName"],
        "PipelineArn": pipeline["PipelineArn"],
        "RoleArn": pipeline.get("RoleArn", ""),
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{execution_id}",
        "PipelineExecutionStatus": EXECUTING,
        "PipelineDefinition": pipeline["PipelineDefinition"],
        "PipelineParameters": request.get("PipelineParameters", []),
        "Values": definition.values(given),
        "Steps": {},
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": caller(request),
        "LastModifiedBy": caller(request),
    }
    request.cloud.store.put(request.scope, KIND, execution_id, record)
    request.cloud.store.update(
        request.scope,
        PIPELINE,
        pipeline["PipelineName"],
        lambda current: current.update(LastRunTime=now, LastExecutionTime=now),
    )
    stop = _STOPS.setdefault((request.scope, execution_id), Event())
    execution = Execution(request.cloud, request.scope, record, definition, stop)
    request.cloud.host.start_thread(request.scope, execution.run)
    return {"PipelineExecutionArn": record["PipelineExecutionArn"]}


def _executions(request: Request, pipeline: Members) -> list[Members]:
    records = request.cloud.store.of_kind(request.scope, KIND)
    return [record for record in records if record["PipelineArn"] == pipeline["PipelineArn"]]


def _execution(request: Request) -> Members:
    arn = request.get("PipelineExecutionArn")
    if not arn:
        raise validation_error("Expected a PipelineExecutionArn; found none.")
    record = request.cloud.store.get(request.scope, KIND, arn.rsplit("/", 1)[-1])
    if record is None:
        raise AwsError("ResourceNotFound", f"Pipeline execution with ARN {arn} does not exist.")
    return record


@operation
def describe_pipeline_execution(request: Request) -> Members:
    """Return an execution."""
    return _execution(request)


@operation
def describe_pipeline_definition_for_execution(request: Request) -> Members:
    """Return the definition of an execution."""
    return _execution(request)


@operation
def list_pipeline_parameters_for_execution(request: Request) -> Members:
    """Return the parameters of an execution."""
    return page(request, "PipelineParameters", _execution(request)["PipelineParameters"])


@operation
def list_pipeline_executions(request: Request) -> Members:
    """List the executions of a pipeline."""
    found = [
        {
            **record,
            "StartTime": record["CreationTime"],
            "PipelineExecutionFailureReason": record.get("FailureReason"),
        }
        for record in _executions(request, _pipeline(request))
    ]
    return listed(request, EXECUTIONS, found, "PipelineName")


@operation
def list_pipeline_execution_steps(request: Request) -> Members:
    """List the steps of an execution that have started."""
    steps = sorted(_execution(request)["Steps"].values(), key=lambda entry: float(entry["StartTime"]))
    if request.get("SortOrder", DESCENDING) != ASCENDING:
        steps.reverse()
    answer = page(request, "PipelineExecutionSteps", steps)
    return {
        **answer,
        "PipelineExecutionSteps": [chosen(entry, STEP_MEMBERS) for entry in answer["PipelineExecutionSteps"]],
    }


@operation
def stop_pipeline_execution(request: Request) -> Members:
    """Stop an execution: its running jobs are stopped, and no further steps start."""
    record = _execution(request)
    arn = record["PipelineExecutionArn"]
    execution_id = arn.rsplit("/", 1)[-1]

    def stop(current: Members) -> None:
        status = current["PipelineExecutionStatus"]
        if status not in (EXECUTING, STOPPING):
            raise validation_error(f"Pipeline execution {arn} is in status {status} and cannot be stopped.")
        current["PipelineExecutionStatus"] = STOPPING
        _STOPS.setdefault((request.scope, execution_id), Event()).set()

    request.cloud.store.update(request.scope, KIND, execution_id, stop)
    return {"PipelineExecutionArn": arn}
