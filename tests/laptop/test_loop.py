"""The main job through the commands of a generated project: train, register, approve, release, predict, retrain."""

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.laptop.conftest import PREPARED, THREE_ACCOUNTS, Laptop, said
from tests.localcloud.waiting import wait_until

STATE = PREPARED
FIRST, SECOND = "2025-02:2025-07", "2025-02:2025-10"
DEV = THREE_ACCOUNTS["dev"]
DATA_BUCKET = f"purchase-intent-dev-{DEV}-data"


@pytest.fixture(scope="module")
def first(laptop: Laptop) -> str:
    """What training the first version printed."""
    result = laptop.train(FIRST, "--git-sha", "abc123")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def released(laptop: Laptop, first: str) -> str:
    """ARN of the first version, which production serves."""
    arn = said(first, "registered")
    laptop.mlops("approve", arn, "--reason", "looks good")
    laptop.mlops("release", "--environment", "production", arn)
    return arn


def package(laptop: Laptop, arn: str) -> dict[str, Any]:
    described: dict[str, Any] = laptop.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return described


def object_of(laptop: Laptop, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = laptop.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def model_files(laptop: Laptop, arn: str) -> dict[str, bytes]:
    uri = package(laptop, arn)["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    with tarfile.open(fileobj=io.BytesIO(object_of(laptop, uri))) as archive:
        members = {name: archive.extractfile(name) for name in archive.getnames()}
        return {name: member.read() for name, member in members.items() if member}


def test_a_training_shows_its_steps_and_registers_a_version(first: str) -> None:
    for step in (
        "ValidateData",
        "PrepareData",
        "TrainModel",
        "ScoreChampion",
        "EvaluateModel",
        "CheckGates",
        "RegisterModel",
    ):
        assert f"{step}: Succeeded" in first
    assert said(first, "registered").endswith("/1")


def test_the_version_waits_for_approval_with_everything_that_the_registry_shows(laptop: Laptop, first: str) -> None:

    found = package(laptop, said(first, "registered"))
    metadata = found["CustomerMetadataProperties"]
    assert metadata["git_sha"] == "abc123"
    assert metadata["parent_model"] == "none"
    assert metadata["trigger"] == "manual"
    assert len(metadata["data_sha256"]) == len(metadata["contract_sha256"]) == 64
    for kind in ("ModelQuality", "ModelDataQuality", "Bias", "Explainability"):
        for document in (*found["ModelMetrics"][kind].values(), *found["DriftCheckBaselines"][kind].values()):
            assert json.loads(object_of(laptop, document["S3Uri"]))
    card = json.loads(found["ModelCard"]["ModelCardContent"])
    assert card["additional_information"]["custom_details"]["code"] == "abc123"


def test_the_lineage_record_names_everything(laptop: Laptop, first: str) -> None:
    lineage = json.loads(
        object_of(laptop, package(laptop, said(first, "registered"))["CustomerMetadataProperties"]["lineage_uri"])
    )
    assert lineage["image"].startswith(f"{DEV}.dkr.ecr.eu-west-1.amazonaws.com/purchase-intent@sha256:")
    objects = lineage["data"]["objects"]
    assert [entry["name"] for entry in objects] == [f"month=2025-0{month}.parquet" for month in (2, 3, 5, 6, 7)]
    assert all(entry["version_id"] not in ("", "null") and len(entry["sha256"]) == 64 for entry in objects)
    assert lineage["hyperparameters"]["trees"] == 200


def test_an_unapproved_version_is_not_released(laptop: Laptop, first: str) -> None:
    arn = said(laptop.train(FIRST).stdout, "registered")
    result = laptop.try_mlops("release", arn)
    assert result.returncode == 2
    assert "only an approved one is released" in result.stderr


def test_two_trainings_on_the_same_data_give_the_same_bytes(laptop: Laptop, first: str) -> None:
    again = said(laptop.train(FIRST).stdout, "registered")
    assert again != said(first, "registered")
    files = model_files(laptop, again)
    assert set(files) == {"model.txt", "encoding.json"}
    assert files == model_files(laptop, said(first, "registered"))


def test_an_upload_during_a_training_changes_nothing_in_it(laptop: Laptop, first: str, tmp_path: Path) -> None:
    month = Path(laptop.months("2025-03", "2025-03")[0])
    lines = month.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / month.name).write_text("".join(lines[:-1]), encoding="utf-8")
    place = {"Bucket": DATA_BUCKET, "Key": "data/month=2025-03.parquet"}
    before = laptop.client("s3").head_object(**place)["VersionId"]
    arn = said(laptop.mlops("train", "start", "--window", FIRST, "--no-wait"), "started")
    laptop.mlops("data", "put", "--replace", str(tmp_path / month.name))
    sagemaker = laptop.client("sagemaker")

    def status() -> str:
        return str(sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"])

    wait_until(lambda: status() != "Executing", 180)
    laptop.mlops("data", "put", "--replace", str(month))
    assert status() == "Succeeded", sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    newest = sagemaker.list_model_packages(ModelPackageGroupName="purchase-intent-dev", SortOrder="Descending")
    version = package(laptop, newest["ModelPackageSummaryList"][0]["ModelPackageArn"])
    lineage = json.loads(object_of(laptop, version["CustomerMetadataProperties"]["lineage_uri"]))
    read = {entry["name"]: entry["version_id"] for entry in lineage["data"]["objects"]}
    assert read["month=2025-03.parquet"] == before


def test_the_endpoint_serves_the_released_version(laptop: Laptop, released: str) -> None:
    answer = json.loads(laptop.mlops("predict"))
    assert answer["model_version"] == released.rsplit("/", 1)[-1]
    assert 0 < answer["predictions"][0]["score"] < 1


def test_a_request_that_breaks_the_contract_is_refused_without_its_values(
    laptop: Laptop, released: str, tmp_path: Path
) -> None:
    record = json.loads((laptop.project.path / "data" / "example_request.json").read_text())["records"][0]
    request = tmp_path / "request.json"
    request.write_text(json.dumps({**record, "Browser": "SECRET-VALUE-42"}))
    result = laptop.try_mlops("predict", "--file", str(request))
    assert result.returncode == 1
    assert "unknown_category" in result.stderr
    assert "SECRET" not in result.stderr


def test_the_same_release_again_changes_nothing(laptop: Laptop, released: str) -> None:
    before = package(laptop, released)
    printed = laptop.mlops("release", released)
    assert "already serves" in printed
    assert package(laptop, released)["LastModifiedTime"] == before["LastModifiedTime"]


def test_a_release_that_was_interrupted_before_its_stamp_gets_it(laptop: Laptop, released: str) -> None:
    """Without the stamp the next training would have no champion to be measured against."""
    laptop.client("sagemaker").update_model_package(
        ModelPackageArn=released, CustomerMetadataPropertiesToRemove=["released_production"]
    )
    printed = laptop.mlops("release", released)
    assert "its release was interrupted before it was tested" in printed
    assert "50 hold-out records scored as in the evaluation" in printed
    assert "released_production" in package(laptop, released)["CustomerMetadataProperties"]


def test_an_image_from_before_a_change_is_not_trained_with(laptop: Laptop) -> None:
    parameters = laptop.project.path / "model" / "hyperparameters.json"
    before = parameters.read_text()
    parameters.write_text(before.replace("200", "100"))
    result = laptop.train(FIRST)
    parameters.write_text(before)
    assert result.returncode == 1
    assert "the image was built before model/hyperparameters.json changed" in result.stderr


def test_credentials_of_another_account_are_refused(laptop: Laptop) -> None:
    environment = {**laptop.environment, "AWS_ACCESS_KEY_ID": "444444444444"}
    result = laptop.project.run(".venv/bin/mlops", "versions", **environment)
    assert result.returncode == 1
    assert f"dev is account {DEV}, but the credentials are of 444444444444" in result.stderr


def test_a_second_training_is_measured_against_the_version_that_serves(laptop: Laptop, released: str) -> None:
    laptop.mlops("data", "put", *laptop.months("2025-08", "2025-10"))
    result = laptop.train(SECOND)
    assert result.returncode == 0, result.stdout + result.stderr
    arn = said(result.stdout, "registered")
    metadata = package(laptop, arn)["CustomerMetadataProperties"]
    assert metadata["parent_model"] == released
    execution = said(result.stdout, "started").rsplit("/", 1)[-1]
    uri = f"s3://purchase-intent-dev-{DEV}-artifacts/runs/{execution}/evaluation/evaluation.json"
    evaluation = json.loads(object_of(laptop, uri))
    assert evaluation["champion"]["model_package_arn"] == released
    assert evaluation["champion"]["difference"]["high"] >= 0
    report = Path(laptop.project.path / said(result.stdout, "report")).read_text(encoding="utf-8")
    assert "Challenger minus champion" in report
    laptop.mlops("approve", arn)
    laptop.mlops("release", arn)
    assert json.loads(laptop.mlops("predict"))["model_version"] == arn.rsplit("/", 1)[-1]


def test_bad_data_in_the_bucket_stop_the_training_with_a_report(
    laptop: Laptop, released: str, sample_month: Path
) -> None:
    """Data can reach the bucket without put-data; the pipeline looks again."""
    s3, bucket = laptop.client("s3"), DATA_BUCKET
    lines = sample_month.read_text().replace("2025-02", "2024-12").splitlines()
    lines[3] = lines[3].replace(",Returning_Visitor,", ",SECRET-VALUE-42,")
    s3.put_object(Bucket=bucket, Key="data/month=2024-12.csv", Body="\n".join(lines).encode())
    result = laptop.train("2024-12:2025-07")
    s3.delete_object(Bucket=bucket, Key="data/month=2024-12.csv")
    assert result.returncode == 2
    assert "VisitorType: unknown_category, 1 found (rows 3)" in result.stdout
    assert "PrepareData" not in result.stdout
    report = (laptop.project.path / said(result.stdout, "report")).read_text(encoding="utf-8")
    assert "unknown_category" in report
    everything = result.stdout + result.stderr + report + laptop.project.mlops("local", "logs")
    assert "SECRET" not in everything


def test_a_model_below_a_floor_is_rejected_with_the_reason(laptop: Laptop, released: str) -> None:
    """The contract travels in the image: a stricter one needs an image of its own."""
    contract = laptop.project.path / "contract" / "contract.yaml"
    before = contract.read_text(encoding="utf-8")
    contract.write_text(before.replace("roc_auc, minimum: 0.85", "roc_auc, minimum: 0.999"), encoding="utf-8")
    try:
        image = said(laptop.mlops("image", "build", "--tag", "strict"), "image")
        result = laptop.train(FIRST, "--image", image)
    finally:
        contract.write_text(before, encoding="utf-8")
        laptop.mlops("image", "build")
    assert result.returncode == 2
    assert "RejectModel: Failed" in result.stdout
    assert "The model was refused: floor roc_auc: FAILED, promised at least 0.999" in result.stdout
    assert "RegisterModel" not in result.stdout


def test_put_data_keeps_what_is_there(laptop: Laptop, sample_month: Path, tmp_path: Path) -> None:
    assert "unchanged: 2025-02" in laptop.mlops("data", "put", str(sample_month))
    lines = sample_month.read_text().splitlines()
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("\n".join(lines[:100]))
    refused = laptop.try_mlops("data", "put", str(fewer))
    assert refused.returncode == 1
    assert "mlops data put FILE --replace" in refused.stderr
    assert "replaced: 2025-02, 99 rows" in laptop.mlops("data", "put", "--replace", str(fewer))
    versions = laptop.client("s3").list_object_versions(Bucket=DATA_BUCKET, Prefix="data/month=2025-02")["Versions"]
    assert len(versions) == 2
    assert "replaced: 2025-02, 184 rows" in laptop.mlops("data", "put", "--replace", str(sample_month))


def trainings(laptop: Laptop) -> dict[str, str]:
    """Status of each execution of the training pipeline."""
    answer = laptop.client("sagemaker").list_pipeline_executions(
        PipelineName="purchase-intent-dev-training", MaxResults=100
    )
    found = answer["PipelineExecutionSummaries"]
    return {execution["PipelineExecutionArn"]: execution["PipelineExecutionStatus"] for execution in found}


@contextmanager
def image_that_waits_for(laptop: Laptop, file: Path) -> Iterator[str]:
    """Build an image whose training waits until a file exists, and the project's own image afterwards."""
    module = laptop.project.path / "model" / "train.py"
    before = module.read_text(encoding="utf-8")
    module.write_text(
        f"{before}\n\nimport time\n\nwhile not Path({str(file)!r}).exists():\n    time.sleep(0.1)\n", encoding="utf-8"
    )
    try:
        yield said(laptop.mlops("image", "build", "--tag", "waits"), "image")
    finally:
        file.touch()
        module.write_text(before, encoding="utf-8")
        laptop.mlops("image", "build")


def test_the_same_cause_starts_one_training(laptop: Laptop, tmp_path: Path) -> None:
    """Who asks meanwhile waits, and reconcile starts it when the first is done."""
    with image_that_waits_for(laptop, tmp_path / "continue") as image:
        options = ("--cause-id", "abc", "--no-wait", "--image", image)
        arns = {said(laptop.train(FIRST, *options).stdout, "started") for _ in range(2)}
        assert len(arns) == 1
        known = set(trainings(laptop))
        waiting = laptop.train(FIRST, "--no-wait", "--image", image).stdout
    assert said(waiting, "waiting").startswith("a training is running")

    def later() -> list[str]:
        return [status for arn, status in trainings(laptop).items() if arn not in known]

    wait_until(lambda: later() == ["Succeeded"], 300)
    assert trainings(laptop)[arns.pop()] == "Succeeded"


def test_a_drift_alarm_waits_for_the_cooldown(laptop: Laptop, first: str) -> None:
    result = laptop.train(FIRST, "--cause", "drift", "--cause-id", "alarm-7")
    assert result.returncode == 3
    assert said(result.stdout, "waiting").startswith("the cooldown after the last training lasts until")


def test_a_training_can_be_stopped(laptop: Laptop) -> None:
    arn = said(laptop.train(FIRST, "--no-wait").stdout, "started")
    assert "stopping: " in laptop.mlops("train", "stop", arn)

    def status() -> str:
        answer = laptop.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)
        return str(answer["PipelineExecutionStatus"])

    wait_until(lambda: status() == "Stopped")


def test_of_several_files_all_are_uploaded_or_none(laptop: Laptop, sample_month: Path, tmp_path: Path) -> None:
    """November is new, February is there with other rows: neither may change."""
    clashing = tmp_path / "clashing.csv"
    clashing.write_text("\n".join(sample_month.read_text().splitlines()[:50]))
    result = laptop.try_mlops("data", "put", *laptop.months("2025-11", "2025-11"), str(clashing))
    assert result.returncode == 1
    assert "Nothing was uploaded" in result.stderr
    keys = laptop.client("s3").list_objects_v2(Bucket=DATA_BUCKET)["Contents"]
    assert "data/month=2025-11.parquet" not in [entry["Key"] for entry in keys]


def test_a_window_without_data_is_told(laptop: Laptop) -> None:
    result = laptop.train("2019-01:2019-12")
    assert result.returncode == 3
    assert "there are no data between 2019-01 and 2019-12" in result.stdout


def test_versions_are_listed(laptop: Laptop, released: str) -> None:
    printed = laptop.mlops("versions")
    assert "PendingManualApproval" in printed
    assert "yes" in printed


def test_without_a_cloud_the_error_names_the_next_step(laptop: Laptop) -> None:
    environment = {**laptop.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    result = laptop.project.run(".venv/bin/mlops", "versions", **environment)
    assert result.returncode == 1
    assert "mlops local env" in result.stderr
    assert "Traceback" not in result.stderr
