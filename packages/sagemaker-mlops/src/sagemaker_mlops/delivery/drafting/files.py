"""Files that a draft writes: the contract, an example request, and the page."""

import json
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import CONTRACT_FILE, Contract, ContractError
from sagemaker_mlops.contract.yaml_file import read_yaml
from sagemaker_mlops.delivery.drafting.draft import Draft, Identity
from sagemaker_mlops.delivery.drafting.page import write_page
from sagemaker_mlops.delivery.predict import EXAMPLE_FILE
from sagemaker_mlops.project import ROOT

BACKUP = ROOT / "build" / "contract-before-draft.yaml"


@dataclass(frozen=True)
class Written:
    """Paths of what was written; `backup` is the contract that was there before."""

    contract: Path
    example: Path
    page: Path
    backup: Path | None


def identity_of(path: Path) -> Identity:
    """Return name and owner of the contract that a file has, or the project's folder and nobody."""
    try:
        content = read_yaml(path, ContractError).content
    except ContractError:
        content = {}
    return Identity(str(content.get("name") or ROOT.name), str(content.get("owner") or "owner@example.com"))


def write_draft(draft: Draft, path: Path, taken: list[str]) -> Written:
    """Write a draft. A contract that is there is kept in the folder `build`.

    The example request goes to its place in the project, or beside a contract that is not the project's.

    Args:
        draft: the draft.
        path: file of the contract.
        taken: suggestions that were taken without a question.
    """
    backup = None
    if path.exists() and path.read_text(encoding="utf-8") != draft.text:
        backup = _free(BACKUP)
        backup.parent.mkdir(exist_ok=True)
        backup.write_bytes(path.read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draft.text, encoding="utf-8")
    records = {"records": _example_records(draft.sample, draft.contract)}
    example = EXAMPLE_FILE if path == CONTRACT_FILE else path.with_name(EXAMPLE_FILE.name)
    example.parent.mkdir(exist_ok=True)
    example.write_text(json.dumps(records, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Written(_short(path), _short(example), write_page(draft, taken), backup and _short(backup))


def _example_records(table: pl.DataFrame, contract: Contract) -> list[dict[str, Any]]:
    """Return one row as records of a request, the first without a missing value if there is one."""
    features = table.select(contract.feature_names)
    complete = features.drop_nulls()
    return (complete if complete.height else features).head(1).to_dicts()


def _free(path: Path) -> Path:
    """Return a path that does not exist: a draft keeps what the one before it kept."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(one for one in chain([path], numbered) if not one.exists())


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
