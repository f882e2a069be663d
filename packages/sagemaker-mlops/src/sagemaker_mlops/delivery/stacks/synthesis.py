"""Synthesis of the templates, which is skipped while its inputs are unchanged.

Synthesis reads files of the project only: no clock, no git, no AWS. The same inputs give the same templates.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from sagemaker_mlops.delivery.stacks.cdk_cli import ASSEMBLY, install_tools, run_app
from sagemaker_mlops.project import ROOT

# What `infra.app` reads. `dist` has the library; without it the version of the library is in the requirements.
INPUTS = (
    "infra",
    "pipelines/definitions",
    "contract",
    "*.yaml",  # operations, and the environments file that ENVIRONMENTS_FILE names, which is in this folder
    "*.yml",
    "cdk.json",
    "package-lock.json",
    "requirements/infra.txt",
    "requirements/functions.txt",
    "dist",
)
RECORD = ASSEMBLY.with_name("cdk.inputs")


def synthesize() -> Path:
    """Synthesize the templates of every environment unless they are current, and return their folder.

    Raises:
        DeliveryError: The CDK app failed, or the tools could not be installed.
    """
    install_tools()  # installs a changed library, which is an input
    digest = inputs_digest()
    if (ASSEMBLY / "manifest.json").exists() and RECORD.exists() and RECORD.read_text(encoding="utf-8") == digest:
        return ASSEMBLY
    RECORD.unlink(missing_ok=True)
    run_app()
    RECORD.write_text(digest, encoding="utf-8")
    return ASSEMBLY


def inputs_digest(root: Path = ROOT) -> str:
    """Return a digest of every file that synthesis reads, and of the name of the environments file."""
    digest = hashlib.sha256(os.environ.get("ENVIRONMENTS_FILE", "").encode())
    for path in sorted(_files(root)):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in INPUTS:
        for path in root.glob(name):
            found = path.rglob("*") if path.is_dir() else [path]
            yield from (one for one in found if one.is_file() and "__pycache__" not in one.parts)
