"""Documents that the training of a version wrote: evaluation, gates, lineage and validation."""

import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.contract.documents import (
    EVALUATION_FILE,
    GATES_FILE,
    LINEAGE_FILE,
    VALIDATION_FILE,
    VERSION_CONTRACT_FILE,
    EvaluationDocument,
    GateDocument,
    LineageDocument,
)
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.delivery.registry import ModelVersion
from sagemaker_mlops.delivery.s3_objects import object_exists, read_json
from sagemaker_mlops.delivery.target import Target

EXECUTION_ID = re.compile(r"[a-zA-Z0-9-]{1,64}")


@dataclass(frozen=True)
class EvaluationRecord:
    """Content of the JSON documents, as the pipeline steps wrote them."""

    evaluation: EvaluationDocument
    gates: list[GateDocument]
    lineage: LineageDocument
    validation: dict[str, Any]
    contract: dict[str, Any] | None = None


def read_record(registry: Target, version: ModelVersion) -> EvaluationRecord:
    """Return the documents of a version. Raise DeliveryError if the pipeline did not register it."""
    lineage_uri = version.metadata.get("lineage_uri", "")
    suffix = f"/{LINEAGE_FILE}"
    if not lineage_uri.endswith(suffix) or not object_exists(registry, lineage_uri):
        raise DeliveryError(
            f"version {version.number} has no lineage record, so it was not registered by the pipeline or its archive "
            "was deleted. Train one: mlops train start"
        )
    run = lineage_uri.removesuffix(suffix)
    return EvaluationRecord(
        read_json(registry, f"{run}/{EVALUATION_FILE}"),
        read_json(registry, f"{run}/{GATES_FILE}")["gates"],
        read_json(registry, lineage_uri),
        read_json(registry, f"{run}/{VALIDATION_FILE}"),
        _contract(registry, f"{run}/{VERSION_CONTRACT_FILE}"),
    )


def contract_of(registry: Target, version: ModelVersion) -> Contract | None:
    """Return the contract that a version was trained with; None if it was not kept."""
    uri = version.metadata.get("lineage_uri", "").removesuffix(f"/{LINEAGE_FILE}")
    content = _contract(registry, f"{uri}/{VERSION_CONTRACT_FILE}") if uri else None
    return Contract.model_validate(content) if content else None


def _contract(registry: Target, uri: str) -> dict[str, Any] | None:
    """Return the contract of a version; None for versions of earlier libraries, which did not keep it."""
    try:
        return dict(read_json(registry, uri))
    except ClientError as error:
        # Without permission to list, S3 answers a missing object with AccessDenied.
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            return None
        raise


def execution_arn(registry: Target, version: ModelVersion) -> str:
    """Return the ARN of the execution that trained a version. Raise DeliveryError if it is not recorded."""
    names = registry.names
    execution = version.metadata.get("execution_id", "")
    if not EXECUTION_ID.fullmatch(execution):
        raise DeliveryError(f"version {version.number} was not registered by the pipeline: it names no execution")
    return names.arn("sagemaker", f"pipeline/{names.training_pipeline}/execution/{execution}")
