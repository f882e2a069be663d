import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from sagemaker_mlops.events.start_training.cause import Cause
from sagemaker_mlops.events.start_training.training import DataObject, Training, TrainingSettings, window_of

PLACES = TrainingSettings("pipeline", "group", "data", "artifacts", "production", "ml.m5.large", "ml.m5.xlarge")
OBJECTS = [DataObject("month=2025-02.parquet", "v1", 10), DataObject("month=2025-07.parquet", "v2", 10)]
ARN = "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/pipeline/execution/abcdefghijkl"
PACKAGE = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/group/1"
IMAGE = "image@sha256:1"


class Clients:
    """boto3 clients that answer what a test tells them to, and check what they are asked."""

    def __init__(self) -> None:
        key = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "region_name": "eu-west-1"}
        self.sagemaker_client, self.s3_client = boto3.client("sagemaker", **key), boto3.client("s3", **key)
        self.sagemaker, self.s3 = Stubber(self.sagemaker_client), Stubber(self.s3_client)
        self.sagemaker.activate()
        self.s3.activate()

    @property
    def training(self) -> Training:
        return Training(self.sagemaker_client, self.s3_client, PLACES)

    def executions(self, *statuses: str) -> None:
        started = datetime(2026, 1, 1, tzinfo=UTC)
        found = [
            {"PipelineExecutionArn": ARN, "PipelineExecutionStatus": status, "StartTime": started}
            for status in statuses
        ]
        self.sagemaker.add_response("list_pipeline_executions", {"PipelineExecutionSummaries": found})


@pytest.fixture
def clients() -> Clients:
    return Clients()


def test_a_window_is_what_the_data_say() -> None:
    assert window_of(OBJECTS) == ("2025-02", "2025-07")
    assert window_of([DataObject("everything.csv", "v1", 1)]) == ("0000-01", "9999-12")


@pytest.mark.parametrize(("months", "names"), [(None, ["2025-02", "2025-05", "2025-07"]), (2, ["2025-05", "2025-07"])])
def test_the_newest_months_are_trained_on_if_the_contract_wants_that(
    clients: Clients, months: int | None, names: list[str]
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    versions = [
        {"Key": f"data/month={name}.parquet", "VersionId": "v1", "Size": 1, "IsLatest": True, "LastModified": at}
        for name in ("2025-07", "2025-02", "2025-05")
    ]
    clients.s3.add_response("list_object_versions", {"Versions": versions})
    training = Training(clients.sagemaker_client, clients.s3_client, replace(PLACES, window_months=months))
    assert [entry.month for entry in training.data_objects(None)] == names


def test_the_newest_execution_tells_whether_a_training_runs(clients: Clients) -> None:
    clients.executions("Executing", "Failed")
    assert clients.training.running_and_last_start(None)[0] == ARN


def test_a_start_that_the_list_does_not_show_yet_runs_all_the_same(clients: Clients) -> None:
    clients.executions()
    clients.sagemaker.add_response("describe_pipeline_execution", {"PipelineExecutionStatus": "Executing"})
    started = datetime(2026, 1, 2, tzinfo=UTC)
    assert clients.training.running_and_last_start((ARN, started)) == (ARN, started)


def test_rows_are_new_unless_the_last_success_had_them(clients: Clients) -> None:
    clients.executions("Failed", "Succeeded")
    manifest = {"objects": [{"name": OBJECTS[0].name, "version_id": "v1"}]}
    parameters = [{"Name": "DataManifestUri", "Value": "s3://artifacts/manifests/1.json"}]
    clients.sagemaker.add_response(
        "list_pipeline_parameters_for_execution", {"PipelineParameters": parameters}, {"PipelineExecutionArn": ARN}
    )
    clients.s3.add_response("get_object", {"Body": io.BytesIO(json.dumps(manifest).encode())})
    wanted = {"Bucket": "data", "Key": "data/month=2025-07.parquet", "VersionId": "v2"}
    clients.s3.add_response("head_object", {"Metadata": {"rows": "432"}}, wanted)
    assert clients.training.new_rows(OBJECTS) == 432


def test_before_the_first_success_new_rows_are_not_known(clients: Clients) -> None:
    clients.executions("Failed")
    assert clients.training.new_rows(OBJECTS) is None


@pytest.mark.parametrize("champion", [True, False])
def test_a_start_names_champion_data_and_cause(clients: Clients, champion: bool) -> None:
    clients.s3.add_response("put_object", {})
    packages = [{"ModelPackageArn": PACKAGE, "CreationTime": 0, "ModelPackageStatus": "Completed"}] if champion else []
    clients.sagemaker.add_response("list_model_packages", {"ModelPackageSummaryList": packages})
    if champion:
        clients.sagemaker.add_response("describe_model_package", _package())
    else:
        clients.s3.add_response("put_object", {})
    asked: list[dict[str, Any]] = []
    clients.sagemaker.add_response("start_pipeline_execution", {"PipelineExecutionArn": ARN})
    clients.sagemaker_client.meta.events.register(
        "before-parameter-build.sagemaker.StartPipelineExecution", lambda params, **_: asked.append(params)
    )
    assert clients.training.start(Cause("drift", "alarm@1"), IMAGE, OBJECTS) == ARN
    given = {entry["Name"]: entry["Value"] for entry in asked[0]["PipelineParameters"]}
    assert given["Trigger"] == "drift"
    assert (given["WindowStart"], given["WindowEnd"]) == ("2025-02", "2025-07")
    assert given["ChampionModelPackageArn"] == (PACKAGE if champion else "none")
    assert given["ChampionImageUri"] == ("champion-image" if champion else IMAGE)
    assert given["ChampionBaselineUri"] == ("s3://b/baseline/" if champion else "s3://artifacts/no-champion/")
    assert asked[0]["ClientRequestToken"] == Cause("drift", "alarm@1").token


def _package() -> dict[str, Any]:
    return {
        "ModelPackageName": "group",
        "ModelPackageArn": PACKAGE,
        "CreationTime": 0,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "CustomerMetadataProperties": {"released_production": "2026-01-01"},
        "InferenceSpecification": {"Containers": [{"Image": "champion-image", "ModelDataUrl": "s3://b/model.tar.gz"}]},
        "ModelMetrics": {
            "ModelDataQuality": {"Statistics": {"ContentType": "json", "S3Uri": "s3://b/baseline/statistics.json"}}
        },
    }
