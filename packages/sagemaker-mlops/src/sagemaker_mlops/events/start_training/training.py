"""The training pipeline and what a start needs of it: what runs, what the data are, which version is champion."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .cause import Cause

NONE = "none"
DATA_PREFIX = "data/"
TABLE_SUFFIXES = (".csv", ".parquet")
MONTH_OF_KEY = re.compile(r"month=(\d{4}-\d{2})\.(?:csv|parquet)$")
RUNNING = ("Executing", "Stopping")
FIRST_MONTH, LAST_MONTH = "0000-01", "9999-12"
Window = tuple[str, str]


@dataclass(frozen=True)
class Places:
    """Where things are, as the stack says."""

    pipeline: str
    group: str
    data_bucket: str
    artifact_bucket: str
    champion_environment: str
    processing_instance_type: str
    training_instance_type: str
    window_months: int | None = None


@dataclass(frozen=True)
class DataObject:
    """One object of training data, in one version."""

    name: str
    version_id: str
    size_bytes: int
    uploaded: datetime | None = None

    @property
    def month(self) -> str | None:
        """The month that its name says, if it says one."""
        found = MONTH_OF_KEY.search(self.name)
        return found.group(1) if found else None


class Training:
    """One environment's training pipeline."""

    def __init__(self, sagemaker: Any, s3: Any, places: Places) -> None:
        self._sagemaker, self._s3, self._places = sagemaker, s3, places

    def executions(self) -> Iterator[Mapping[str, Any]]:
        """Executions, newest first."""
        pages = self._sagemaker.get_paginator("list_pipeline_executions").paginate(
            PipelineName=self._places.pipeline, SortBy="CreationTime", SortOrder="Descending"
        )
        return (execution for page in pages for execution in page["PipelineExecutionSummaries"])

    def running_and_last_start(self, noted: tuple[str, datetime] | None) -> tuple[str | None, datetime | None]:
        """The execution that runs, or None; and when the newest was started, or None.

        `noted` is the newest start that the ledger knows; the list of executions may be a moment behind it.
        """
        newest = next(self.executions(), None)
        starts = [newest["StartTime"]] if newest else []
        running = [newest["PipelineExecutionArn"]] if newest and newest["PipelineExecutionStatus"] in RUNNING else []
        if noted is not None:
            starts.append(noted[1])
            if self.status(noted[0]) in RUNNING:
                running.append(noted[0])
        return (running[0] if running else None), max(starts, default=None)

    def execution_of(self, cause: Cause, since: datetime) -> str | None:
        """The execution that a cause started since a time, and that has not failed; None if there is none."""
        for execution in self.executions():
            if execution["StartTime"] < since:
                return None
            values = self._parameters_of(execution["PipelineExecutionArn"])
            is_ours = (values.get("Trigger"), values.get("TriggerId")) == (cause.kind, cause.cause_id)
            if is_ours and execution["PipelineExecutionStatus"] != "Failed":
                return str(execution["PipelineExecutionArn"])
        return None

    def _parameters_of(self, execution_arn: str) -> dict[str, str]:
        pages = self._sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
            PipelineExecutionArn=execution_arn
        )
        return {entry["Name"]: entry["Value"] for page in pages for entry in page["PipelineParameters"]}

    def status(self, execution_arn: str) -> str:
        """The status of an execution; `Deleted` if it is not there any more."""
        try:
            answer = self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
        except self._sagemaker.exceptions.ResourceNotFound:
            return "Deleted"
        status: str = answer["PipelineExecutionStatus"]
        return status

    def data_objects(self, window: Window | None) -> list[DataObject]:
        """Current objects of a window, or of the newest months that the contract wants; one whose name gives no month
        counts for every window."""
        first, last = window or (FIRST_MONTH, LAST_MONTH)
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._places.data_bucket, Prefix=DATA_PREFIX
        )
        found = [
            DataObject(
                version["Key"].removeprefix(DATA_PREFIX), version["VersionId"], version["Size"], version["LastModified"]
            )
            for page in pages
            for version in page.get("Versions", [])
            if version["IsLatest"] and version["Key"].endswith(TABLE_SUFFIXES)
        ]
        if window is None and self._places.window_months:
            months = sorted({entry.month for entry in found if entry.month})
            first = months[-self._places.window_months :][0] if months else first
        inside = [entry for entry in found if entry.month is None or first <= entry.month <= last]
        return sorted(inside, key=lambda entry: entry.name)

    def new_rows(self, objects: list[DataObject]) -> int | None:
        """Rows of objects that the last successful training had not, in these versions; None if that is not known."""
        known = self._objects_of_last_success()
        if known is None:
            return None
        rows = 0
        for entry in objects:
            if (entry.name, entry.version_id) in known:
                continue
            head = self._s3.head_object(
                Bucket=self._places.data_bucket, Key=f"{DATA_PREFIX}{entry.name}", VersionId=entry.version_id
            )
            counted = head["Metadata"].get("rows", "")
            if not counted.isdecimal():
                return None
            rows += int(counted)
        return rows

    def _objects_of_last_success(self) -> set[tuple[str, str]] | None:
        for execution in self.executions():
            if execution["PipelineExecutionStatus"] != "Succeeded":
                continue
            values = self._parameters_of(execution["PipelineExecutionArn"])
            bucket, key = values["DataManifestUri"].removeprefix("s3://").split("/", 1)
            manifest = json.load(self._s3.get_object(Bucket=bucket, Key=key)["Body"])
            return {(entry["name"], entry["version_id"]) for entry in manifest["objects"]}
        return None

    def champion(self) -> Mapping[str, Any] | None:
        """The version that production serves, as its release stamped it; None before the first release."""
        key = f"released_{self._places.champion_environment}"
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=self._places.group)
        arns = [summary["ModelPackageArn"] for page in pages for summary in page["ModelPackageSummaryList"]]
        packages = [self._sagemaker.describe_model_package(ModelPackageName=arn) for arn in arns]
        released = [package for package in packages if key in package.get("CustomerMetadataProperties", {})]
        return max(released, key=lambda package: str(package["CustomerMetadataProperties"][key]), default=None)

    def start(self, cause: Cause, image_uri: str, objects: list[DataObject]) -> str:
        """Start an execution and return its ARN; the same cause again returns the same one."""
        window = cause.window or window_of(objects)
        parameters = self._parameters(cause, image_uri, window, self._write_manifest(window, objects))
        answer = self._sagemaker.start_pipeline_execution(
            PipelineName=self._places.pipeline,
            PipelineExecutionDisplayName=f"{cause.kind}-{window[0]}-to-{window[1]}",
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
            ClientRequestToken=cause.token,
        )
        arn: str = answer["PipelineExecutionArn"]
        return arn

    def _write_manifest(self, window: Window, objects: list[DataObject]) -> str:
        """Write which objects, in which versions, are trained on; returns the manifest's address."""
        entries = [
            {"name": entry.name, "version_id": entry.version_id, "size_bytes": entry.size_bytes} for entry in objects
        ]
        content = json.dumps({"window": window, "objects": entries}, indent=1).encode()
        key = f"manifests/{hashlib.sha256(content).hexdigest()}.json"
        self._s3.put_object(Bucket=self._places.artifact_bucket, Key=key, Body=content)
        return f"s3://{self._places.artifact_bucket}/{key}"

    def _parameters(self, cause: Cause, image_uri: str, window: Window, manifest_uri: str) -> dict[str, str]:
        """Parameters of the execution. Without a champion its image is ours, and its model an almost empty prefix."""
        places = self._places
        return {
            "DataUri": f"s3://{places.data_bucket}/{DATA_PREFIX}",
            "DataManifestUri": manifest_uri,
            "WindowStart": window[0],
            "WindowEnd": window[1],
            "ImageUri": image_uri,
            **self._champion_parameters(image_uri),
            "Trigger": cause.kind,
            "TriggerId": cause.cause_id,
            "GitSha": cause.git_sha,
            "ProcessingInstanceType": places.processing_instance_type,
            "TrainingInstanceType": places.training_instance_type,
        }

    def _champion_parameters(self, image_uri: str) -> dict[str, str]:
        champion = self.champion()
        nothing = f"s3://{self._places.artifact_bucket}/no-champion/"
        if champion is None:
            # Jobs copy this prefix while no champion serves; an input without objects would fail them.
            text = b"No version serves yet.\n"
            self._s3.put_object(Bucket=self._places.artifact_bucket, Key="no-champion/README", Body=text)
            return {
                "ChampionModelPackageArn": NONE,
                "ChampionImageUri": image_uri,
                "ChampionModelUri": nothing,
                "ChampionBaselineUri": nothing,
            }
        container = champion["InferenceSpecification"]["Containers"][0]
        statistics = champion.get("ModelMetrics", {}).get("ModelDataQuality", {}).get("Statistics", {}).get("S3Uri", "")
        return {
            "ChampionModelPackageArn": champion["ModelPackageArn"],
            "ChampionImageUri": container["Image"],
            "ChampionModelUri": container["ModelDataUrl"],
            "ChampionBaselineUri": f"{statistics.rpartition('/')[0]}/" if statistics else nothing,
        }


def window_of(objects: list[DataObject]) -> Window:
    """First and last month of data; everything where no name says a month."""
    months = [entry.month for entry in objects if entry.month is not None]
    return (min(months), max(months)) if months else (FIRST_MONTH, LAST_MONTH)
