"""Unpack the archive in which SageMaker keeps a trained model."""

import tarfile
from pathlib import Path


def unpack_model(directory: Path) -> Path:
    """Unpack `model.tar.gz` beside itself and return the folder; raises FileNotFoundError without it.

    The `data` filter refuses absolute paths, links out of the folder and devices (PEP 706).
    """
    archive = directory / "model.tar.gz"
    target = directory / "model"
    with tarfile.open(archive, "r:gz") as tar:
        tar.extractall(target, filter="data")
    return target
