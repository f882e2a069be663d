"""Start the training pipeline: resolve the champion, write the data manifest, hand over the cause."""

import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

from contract.data_files import TABLE_SUFFIXES
from delivery.errors import DeliveryError
from delivery.put_data import DATA_PREFIX
from delivery.registry import NONE, ModelVersion, champion_of, list_versions
from delivery.target import Target

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
MONTH_OF_KEY = re.compile(r"month=(\d{4}-\d{2})\.(?:csv|parquet)$")
SAFE_TEXT = re.compile(r"[A-Za-z0-9._:/@+-]{1,200}")


@dataclass(frozen=True)
class Start:
    """What a training is started with; `window` is the first and last month, both included."""

    window: tuple[str, str]
    image_uri: str
    cause: str
    cause_id: str
    git_sha: str


def parse_window(text: str) -> tuple[str, str]:
    """First and last month of `2025-02:2025-07`; raises DeliveryError for anything else."""
    first, separator, last = text.partition(":")
    if not separator or not MONTH.fullmatch(first) or not MONTH.fullmatch(last) or first > last:
        raise DeliveryError(f"expected a window of months such as 2025-02:2025-07, found {text}")
    return first, last


def start_training(target: Target, start: Start) -> str:
    """Start an execution and return its ARN; the same cause and id again return the same execution."""
    if not target.environment.trains:
        raise DeliveryError(
            f"{target.name} does not train; set trains: true in the environments file, or choose another"
        )
    for name, text in (("cause id", start.cause_id), ("git sha", start.git_sha), ("image", start.image_uri)):
        if not SAFE_TEXT.fullmatch(text):
            raise DeliveryError(f"expected a {name} of letters, digits and ._:/@+-, found {text!r}")
    champion = champion_of(list_versions(target))
    manifest_uri = write_manifest(target, start.window)
    parameters = pipeline_parameters(target, start, champion, manifest_uri)
    answer = target.client("sagemaker").start_pipeline_execution(
        PipelineName=target.names.training_pipeline,
        PipelineExecutionDisplayName=f"{start.cause}-{start.window[0]}-to-{start.window[1]}",
        PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
        ClientRequestToken=hashlib.sha256(f"{start.cause}:{start.cause_id}".encode()).hexdigest(),
    )
    arn: str = answer["PipelineExecutionArn"]
    return arn


def pipeline_parameters(
    target: Target, start: Start, champion: ModelVersion | None, manifest_uri: str
) -> dict[str, str]:
    """Parameters of the execution. Without a champion its image is ours, and its model an almost empty prefix."""
    no_champion = f"s3://{target.names.artifact_bucket}/no-champion/"
    return {
        "DataUri": f"s3://{target.names.data_bucket}/{DATA_PREFIX}",
        "DataManifestUri": manifest_uri,
        "WindowStart": start.window[0],
        "WindowEnd": start.window[1],
        "ImageUri": start.image_uri,
        "ChampionModelPackageArn": champion.arn if champion else NONE,
        "ChampionImageUri": champion.image_uri if champion else start.image_uri,
        "ChampionModelUri": champion.model_uri if champion else no_champion,
        "ChampionBaselineUri": champion.baseline_uri if champion else no_champion,
        "Trigger": start.cause,
        "TriggerId": start.cause_id,
        "GitSha": start.git_sha,
        "ProcessingInstanceType": target.environment.processing_instance_type,
        "TrainingInstanceType": target.environment.training_instance_type,
    }


def write_manifest(target: Target, window: tuple[str, str]) -> str:
    """Write which objects, in which versions, the window has; returns the manifest's address.

    Raises DeliveryError if the window has no data.
    """
    objects = list(_window_objects(target, window))
    if not objects:
        raise DeliveryError(
            f"expected data between {window[0]} and {window[1]} in s3://{target.names.data_bucket}/{DATA_PREFIX}, "
            "found none. Upload some: make put-data FILE=..."
        )
    content = json.dumps({"window": window, "objects": objects}, indent=1).encode()
    key = f"manifests/{hashlib.sha256(content).hexdigest()}.json"
    target.client("s3").put_object(Bucket=target.names.artifact_bucket, Key=key, Body=content)
    return f"s3://{target.names.artifact_bucket}/{key}"


def _window_objects(target: Target, window: tuple[str, str]) -> list[dict[str, Any]]:
    pages = (
        target.client("s3")
        .get_paginator("list_object_versions")
        .paginate(Bucket=target.names.data_bucket, Prefix=DATA_PREFIX)
    )
    objects = []
    for version in (version for answer in pages for version in answer.get("Versions", [])):
        name = version["Key"].removeprefix(DATA_PREFIX)
        month = MONTH_OF_KEY.search(name)
        is_table = name.endswith(TABLE_SUFFIXES)
        if is_table and version["IsLatest"] and (month is None or window[0] <= month.group(1) <= window[1]):
            objects.append({"name": name, "version_id": version["VersionId"], "size_bytes": version["Size"]})
    return sorted(objects, key=lambda entry: str(entry["name"]))


def new_cause_id() -> str:
    """An id for a cause that has none of its own, such as a person's command."""
    return uuid.uuid4().hex
