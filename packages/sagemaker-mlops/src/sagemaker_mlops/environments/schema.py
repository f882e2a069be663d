"""`python -m sagemaker_mlops.environments.schema`: write the schemas that editors complete the project's files with."""

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from sagemaker_mlops.contract.contract import SCHEMA_FILE as CONTRACT_SCHEMA
from sagemaker_mlops.contract.contract import Contract
from sagemaker_mlops.environments.operations import SCHEMA_FILE as OPERATIONS_SCHEMA
from sagemaker_mlops.environments.operations import Operations
from sagemaker_mlops.project import ROOT


def schema_text(model: type[BaseModel]) -> str:
    """Return the JSON schema of a file."""
    return json.dumps(model.model_json_schema(), indent=2) + "\n"


def main() -> int:
    """Write them; returns the exit code."""
    schemas: dict[type[BaseModel], Path] = {Contract: CONTRACT_SCHEMA, Operations: OPERATIONS_SCHEMA}
    for model, path in schemas.items():
        path.write_text(schema_text(model), encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
