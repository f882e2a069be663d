"""Execution of a training and the JSON documents that it wrote to S3."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.contract.baseline_documents import StatisticsDocument
from sagemaker_mlops.contract.documents import (
    EVALUATION_FILE,
    GATES_FILE,
    LINEAGE_FILE,
    PROFILE_FILE,
    VALIDATION_FILE,
    VERSION_CONTRACT_FILE,
    EvaluationDocument,
    GatesDocument,
    LineageDocument,
)
from sagemaker_mlops.definitions.pipeline_graph import columns_of
from sagemaker_mlops.delivery.execution import ExecutionState, read_execution
from sagemaker_mlops.delivery.target import Target

DOCUMENTS = {
    "validation": VALIDATION_FILE,
    "profile": PROFILE_FILE,
    "evaluation": EVALUATION_FILE,
    "gates": GATES_FILE,
    "lineage": LINEAGE_FILE,
    "contract": VERSION_CONTRACT_FILE,
}


@dataclass(frozen=True)
class Documents:
    """Content of a report; a document is None if the training ended before it was written."""

    execution: ExecutionState
    columns: list[list[str]]
    parameters: dict[str, str]
    validation: dict[str, Any] | None
    profile: StatisticsDocument | None
    evaluation: EvaluationDocument | None
    gates: GatesDocument | None
    lineage: LineageDocument | None
    contract: dict[str, Any] | None = None


def collect(target: Target, execution_arn: str) -> Documents:
    """Return an execution and its documents."""
    sagemaker = target.client("sagemaker")
    execution = read_execution(target, execution_arn)
    definition = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=execution_arn)
    pages = sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
        PipelineExecutionArn=execution_arn
    )
    found: dict[str, Any] = {name: _read(target, f"runs/{execution.id}/{key}") for name, key in DOCUMENTS.items()}
    return Documents(
        execution,
        columns_of(json.loads(definition["PipelineDefinition"])),
        {entry["Name"]: entry["Value"] for page in pages for entry in page["PipelineParameters"]},
        **found,
    )


def _read(target: Target, key: str) -> dict[str, Any] | None:
    try:
        answer = target.client("s3").get_object(Bucket=target.names.artifact_bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    content: dict[str, Any] = json.loads(answer["Body"].read())
    return content
