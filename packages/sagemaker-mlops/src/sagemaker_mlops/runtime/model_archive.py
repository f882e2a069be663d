"""Extraction of the archive in which SageMaker stores a trained model."""

import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack_model(directory: Path) -> Path:
    """Extract `model.tar.gz` into the subfolder `model` and return that folder.

    The extraction filters of `tarfile` do the same checks, but not every release of Python 3.11 has them.

    Args:
        directory: folder that contains the archive.

    Raises:
        FileNotFoundError: if there is no archive.
        ValueError: if the archive contains anything but regular files below the folder, such as links, devices or
            absolute paths.
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
