"""Collect what a training wrote: its execution, and the JSON documents in S3."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from delivery.execution import ExecutionState, read_execution
from delivery.target import Target

DOCUMENTS = {
    "validation": "validation/validation.json",
    "profile": "profile/statistics.json",
    "evaluation": "evaluation/evaluation.json",
    "gates": "evaluation/gates.json",
    "lineage": "evaluation/lineage.json",
}


@dataclass(frozen=True)
class Documents:
    """Everything that a report shows; a document is None if the training ended before it was written."""

    execution: ExecutionState
    steps_defined: tuple[str, ...]
    parameters: dict[str, str]
    validation: dict[str, Any] | None
    profile: dict[str, Any] | None
    evaluation: dict[str, Any] | None
    gates: dict[str, Any] | None
    lineage: dict[str, Any] | None


def collect(target: Target, execution_arn: str) -> Documents:
    """Read an execution and its documents."""
    sagemaker = target.client("sagemaker")
    execution = read_execution(target, execution_arn)
    definition = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution_arn)
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution_arn)
    found = {name: _read(target, f"runs/{execution.id}/{key}") for name, key in DOCUMENTS.items()}
    return Documents(
        execution,
        tuple(_step_names(json.loads(definition["PipelineDefinition"])["Steps"])),
        {entry["Name"]: entry["Value"] for entry in parameters["PipelineParameters"]},
        **found,
    )


def _step_names(steps: list[dict[str, Any]]) -> list[str]:
    names = []
    for step in steps:
        names.append(step["Name"])
        if step["Type"] == "Condition":
            names += _step_names([*step["Arguments"]["IfSteps"], *step["Arguments"]["ElseSteps"]])
    return names


def _read(target: Target, key: str) -> dict[str, Any] | None:
    try:
        answer = target.client("s3").get_object(Bucket=target.names.artifact_bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    content: dict[str, Any] = json.loads(answer["Body"].read())
    return content
