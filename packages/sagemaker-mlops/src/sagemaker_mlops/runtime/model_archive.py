"""Unpack the archive in which SageMaker keeps a trained model."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack_model(directory: Path) -> Path:
    """Unpack `model.tar.gz` beside itself and return the folder.

    Raises FileNotFoundError without an archive, and ValueError for anything in it but plain files below the folder
    (links, devices, absolute paths). `tarfile`'s own filters do the same, but not every Python 3.11 has them.
    """
    target = directory / "model"
    with tarfile.open(directory / "model.tar.gz", "r:gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            name = PurePosixPath(member.name)
            if member.isdir():
                continue
            if content is None or name.is_absolute() or ".." in name.parts:
                raise ValueError("the model archive has something else than plain files")
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file)
    return target
