"""Access to the training pipeline: its executions, training data, champion, and new executions."""

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
class TrainingSettings:
    """Names of the resources and instance types that a training uses, as set by the stack.

    `window_months` limits the default training window to the newest months; None for all months.
    """

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
    """A version of an S3 object with training data; `name` is the key without the data prefix."""

    name: str
    version_id: str
    size_bytes: int
    uploaded: datetime | None = None

    @property
    def month(self) -> str | None:
        """Month in the object's name, such as 2025-02, or None."""
        found = MONTH_OF_KEY.search(self.name)
        return found.group(1) if found else None


class Training:
    """Training pipeline of one environment."""

    def __init__(self, sagemaker: Any, s3: Any, places: TrainingSettings) -> None:
        self._sagemaker, self._s3, self._training_settings = sagemaker, s3, places

    def executions(self) -> Iterator[Mapping[str, Any]]:
        """Return the executions of the pipeline, newest first."""
        pages = self._sagemaker.get_paginator("list_pipeline_executions").paginate(
            PipelineName=self._training_settings.pipeline, SortBy="CreationTime", SortOrder="Descending"
        )
        return (execution for page in pages for execution in page["PipelineExecutionSummaries"])

    def running_and_last_start(self, noted: tuple[str, datetime] | None) -> tuple[str | None, datetime | None]:
        """Return the ARN of the running execution and the start time of the newest one, or None.

        Args:
            noted: ARN and time of the newest start in the ledger; the list of executions may not contain it yet.
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
        """Return the ARN of an execution that a cause started after a time and that has not failed, or None."""
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
        """Return the status of an execution, or `Deleted` if it does not exist any more."""
        try:
            answer = self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution_arn)
        except self._sagemaker.exceptions.ResourceNotFound:
            return "Deleted"
        status: str = answer["PipelineExecutionStatus"]
        return status

    def data_objects(self, window: Window | None) -> list[DataObject]:
        """Return the current data objects of a window, sorted by name.

        An object without a month in its name belongs to every window.

        Args:
            window: first and last month, inclusive; None for the newest `window_months` months, or all months.
        """
        first, last = window or (FIRST_MONTH, LAST_MONTH)
        pages = self._s3.get_paginator("list_object_versions").paginate(
            Bucket=self._training_settings.data_bucket, Prefix=DATA_PREFIX
        )
        found = [
            DataObject(
                version["Key"].removeprefix(DATA_PREFIX), version["VersionId"], version["Size"], version["LastModified"]
            )
            for page in pages
            for version in page.get("Versions", [])
            if version["IsLatest"] and version["Key"].endswith(TABLE_SUFFIXES)
        ]
        if window is None and self._training_settings.window_months:
            months = sorted({entry.month for entry in found if entry.month})
            first = months[-self._training_settings.window_months :][0] if months else first
        inside = [entry for entry in found if entry.month is None or first <= entry.month <= last]
        return sorted(inside, key=lambda entry: entry.name)

    def new_rows(self, objects: list[DataObject]) -> int | None:
        """Return the number of rows in object versions that the last successful training did not use.

        Row counts are read from the `rows` metadata of the objects.

        Returns:
            The number of rows, or None if no training has succeeded or an object has no row count.
        """
        known = self._objects_of_last_success()
        if known is None:
            return None
        rows = 0
        for entry in objects:
            if (entry.name, entry.version_id) in known:
                continue
            head = self._s3.head_object(
                Bucket=self._training_settings.data_bucket, Key=f"{DATA_PREFIX}{entry.name}", VersionId=entry.version_id
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
        """Return the description of the champion's model package, or None before the first release.

        The champion is the version with the newest `released_<environment>` metadata of the champion environment.
        """
        key = f"released_{self._training_settings.champion_environment}"
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self._training_settings.group
        )
        arns = [summary["ModelPackageArn"] for page in pages for summary in page["ModelPackageSummaryList"]]
        packages = [self._sagemaker.describe_model_package(ModelPackageName=arn) for arn in arns]
        released = [package for package in packages if key in package.get("CustomerMetadataProperties", {})]
        return max(released, key=lambda package: str(package["CustomerMetadataProperties"][key]), default=None)

    def start(self, cause: Cause, image_uri: str, objects: list[DataObject]) -> str:
        """Start an execution of the pipeline and return its ARN.

        The call is idempotent for the same attempt of a cause: it returns the execution that was started before.

        Args:
            cause: the cause, with the commit of the image.
            image_uri: image of the pipeline's jobs.
            objects: the training data, as `data_objects` returns them.
        """
        window = cause.window or window_of(objects)
        parameters = self._parameters(cause, image_uri, window, self._write_manifest(window, objects))
        answer = self._sagemaker.start_pipeline_execution(
            PipelineName=self._training_settings.pipeline,
            PipelineExecutionDisplayName=f"{cause.kind}-{window[0]}-to-{window[1]}",
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
            ClientRequestToken=cause.token,
        )
        arn: str = answer["PipelineExecutionArn"]
        return arn

    def _write_manifest(self, window: Window, objects: list[DataObject]) -> str:
        """Write a manifest of the data objects and their versions to S3, and return its URI."""
        entries = [
            {"name": entry.name, "version_id": entry.version_id, "size_bytes": entry.size_bytes} for entry in objects
        ]
        content = json.dumps({"window": window, "objects": entries}, indent=1).encode()
        key = f"manifests/{hashlib.sha256(content).hexdigest()}.json"
        self._s3.put_object(Bucket=self._training_settings.artifact_bucket, Key=key, Body=content)
        return f"s3://{self._training_settings.artifact_bucket}/{key}"

    def _parameters(self, cause: Cause, image_uri: str, window: Window, manifest_uri: str) -> dict[str, str]:
        """Return the pipeline parameters of an execution."""
        places = self._training_settings
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
        nothing = f"s3://{self._training_settings.artifact_bucket}/no-champion/"
        if champion is None:
            # Without a champion the jobs copy this prefix as its model; an input without objects would fail the job.
            text = b"No version serves yet.\n"
            self._s3.put_object(Bucket=self._training_settings.artifact_bucket, Key="no-champion/README", Body=text)
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
    """Return the first and last month of data objects, or all months if no name contains a month."""
    months = [entry.month for entry in objects if entry.month is not None]
    return (min(months), max(months)) if months else (FIRST_MONTH, LAST_MONTH)
