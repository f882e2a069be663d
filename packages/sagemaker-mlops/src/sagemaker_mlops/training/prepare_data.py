"""PrepareData step: hold-out split, baseline statistics and lineage of the training window."""

import argparse
import hashlib
import json
import sys
from typing import Any

import polars as pl

from sagemaker_mlops.contract.contract import load_contract
from sagemaker_mlops.contract.documents import (
    DataLineage,
    FileDocument,
    LineageObject,
    ManifestDocument,
    ManifestObject,
)
from sagemaker_mlops.runtime.job import StepRefused, parse_arguments, read_json, read_only_json, run, write_json
from sagemaker_mlops.runtime.statistics import constraints_of, profile_table
from sagemaker_mlops.training.holdout import split
from sagemaker_mlops.training.training_objects import fetch_objects
from sagemaker_mlops.training.window import Window, read_window


def changed_files(manifest: ManifestDocument, files: list[FileDocument], validated: dict[str, Any]) -> list[str]:
    """Return the names of the files that differ from the manifest or from the validated files.

    Args:
        manifest: names and sizes of the objects that the training was started on.
        files: names, sizes and hashes of the files that this step has read.
        validated: content of `validation.json`, with the hashes of the files that ValidateData has read.
    """
    planned = {entry["name"]: entry["size_bytes"] for entry in manifest["objects"]}
    checked = {file["name"]: file["sha256"] for file in validated["files"]}
    read = {file["name"]: file for file in files}
    return sorted(
        name
        for name in planned.keys() | checked.keys() | read.keys()
        if name not in read
        or read[name]["size_bytes"] != planned.get(name)
        or read[name]["sha256"] != checked.get(name)
    )


def refuse_one_sided(tables: dict[str, pl.DataFrame], label: str) -> None:
    """Raise StepRefused unless the label varies in the training rows and in the hold-out rows.

    Nothing could be measured otherwise.
    """
    for name, table in tables.items():
        if table.height == 0 or table[label].n_unique() < 2:
            raise StepRefused(
                f"the {name} rows have {table.height:,} rows and fewer than two different values of {label}; "
                "train on a longer window"
            )


def manifest_record(manifest: ManifestDocument, files: list[FileDocument]) -> DataLineage:
    """Return the lineage of the data: each object with its version and hash, and one hash of all objects."""
    read = {file["name"]: file for file in files}
    objects = [_lineage_object(entry, read[entry["name"]]) for entry in manifest["objects"]]
    text = json.dumps([[entry["name"], entry["sha256"]] for entry in objects])
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "objects": objects}


def _lineage_object(entry: ManifestObject, file: FileDocument) -> LineageObject:
    return {**entry, "sha256": file["sha256"], "rows": file["rows"]}


def step(arguments: argparse.Namespace) -> None:
    """Write training rows, hold-out rows, baseline and lineage.

    Raises:
        StepRefused: if the data differ from the validated data, or if the label does not vary in the
            training rows or in the hold-out rows.
    """
    contract = load_contract()
    manifest = read_only_json(arguments.manifest)
    fetch_objects(arguments.data_uri, manifest, arguments.data)
    data = read_window(arguments.data, Window(arguments.window_start, arguments.window_end), contract)
    changed = changed_files(manifest, data.files, read_json(arguments.validation / "validation.json"))
    if changed:
        raise StepRefused(f"expected the data that were validated, found others: {', '.join(changed)}. Start again")
    train, holdout = split(data.table, contract.dataset.record_id, contract.dataset.holdout_fraction)
    refuse_one_sided({"training": train, "hold-out": holdout}, contract.label.name)
    for name, table in (("train", train), ("holdout", holdout)):
        directory = getattr(arguments, name)
        directory.mkdir(parents=True, exist_ok=True)
        table.write_parquet(directory / f"{name}.parquet")
    write_json(arguments.baseline / "statistics.json", profile_table(train, contract))
    write_json(arguments.baseline / "constraints.json", constraints_of(contract))
    write_json(arguments.lineage / "data.json", manifest_record(manifest, data.files))
    print(f"{train.height:,} rows to train on, {holdout.height:,} held out")


def main() -> int:
    """Run the step and return the exit code."""
    paths = ["data", "manifest", "validation", "train", "holdout", "baseline", "lineage"]
    return run(step, parse_arguments(__doc__, paths=paths, texts=["data_uri", "window_start", "window_end"]))


if __name__ == "__main__":
    sys.exit(main())
