"""Root folder of the project, which holds contract, environments, deployments and definitions."""

import os
from pathlib import Path

VARIABLE = "SAGEMAKER_MLOPS_PROJECT"
MARKER = Path("contract") / "contract.yaml"


def find_project(start: Path) -> Path:
    """Return the nearest folder from `start` upwards with contract/contract.yaml, or else `start`."""
    return next((folder for folder in (start, *start.parents) if (folder / MARKER).is_file()), start)


ROOT = Path(os.environ[VARIABLE]).resolve() if os.environ.get(VARIABLE) else find_project(Path.cwd())
