"""JSON schemas that editors use for the project's files."""

import json
from pathlib import Path

from pydantic import BaseModel

from sagemaker_mlops.contract.contract import SCHEMA_FILE as CONTRACT_SCHEMA
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.environments.operations import SCHEMA_FILE as OPERATIONS_SCHEMA
from sagemaker_mlops.environments.operations import Operations
from sagemaker_mlops.project import ROOT


def schema_text(model: type[BaseModel]) -> str:
    """Return the JSON schema of a model as text."""
    return json.dumps(model.model_json_schema(), indent=2) + "\n"


def write_schemas() -> list[Path]:
    """Write the schemas of the contract and the operations file, and return their relative paths."""
    schemas: dict[type[BaseModel], Path] = {Contract: CONTRACT_SCHEMA, Operations: OPERATIONS_SCHEMA}
    for model, path in schemas.items():
        path.write_text(schema_text(model), encoding="utf-8")
    return [path.relative_to(ROOT) for path in schemas.values()]
