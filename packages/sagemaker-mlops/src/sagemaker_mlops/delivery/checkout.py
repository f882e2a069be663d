"""The git work tree of the project."""

import subprocess
import tempfile
from pathlib import Path

from sagemaker_mlops.contract.contract import CONTRACT_FILE, Contract, load_contract
from sagemaker_mlops.delivery.errors import DeliveryError
from sagemaker_mlops.project import ROOT

UNKNOWN_COMMIT = "unknown"
# End of a commit with changes that are not in it.
DIRTY = "-dirty"
# What the image and the steps of a training are made of.
TRAINED_SOURCES = ("Dockerfile", "contract", "model", "packages/sagemaker-mlops", "pipelines", "requirements")


def git(root: Path, *words: str) -> str:
    """Run git in a folder and return what it printed. Raise DeliveryError if it fails or is not installed."""
    try:
        # A list of words, read by no shell; git is the one on the PATH.
        result = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise DeliveryError(f"expected git on the PATH: {error}") from None
    if result.returncode:
        raise DeliveryError(f"git {words[0]} failed in {root}: {result.stderr.strip()}")
    return result.stdout


def contract_of_commit(commit: str) -> Contract:
    """Return the contract that a commit has.

    Raises:
        DeliveryError: there is no such commit, or it has no contract.
        ContractError: the contract is invalid.
    """
    text = git(ROOT, "show", f"{commit}:{CONTRACT_FILE.relative_to(ROOT)}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / CONTRACT_FILE.name
        path.write_text(text, encoding="utf-8")
        return load_contract(path)


def checked_out_commit() -> str:
    """Return the hash of the commit that is checked out, or `unknown` outside a git repository.

    It ends with `-dirty` if what a training is made of has changes that are in no commit.
    """
    try:
        commit = git(ROOT, "rev-parse", "HEAD").strip()
        changed = git(ROOT, "status", "--porcelain", "--", *TRAINED_SOURCES)
    except DeliveryError:
        return UNKNOWN_COMMIT
    return f"{commit}{DIRTY}" if changed else commit
