"""Processing and training jobs: containers as subprocesses with the /opt/ml contract."""

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import BUCKET, IMAGE, ROLE, LocalCloud
from tests.localcloud.waiting import wait_until

CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}}
FINAL = ("Completed", "Failed", "Stopped")


def processing_job(name: str, *arguments: str, **changes: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "ProcessingResources": CLUSTER,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python", "job.py"],
            "ContainerArguments": [*arguments, "--output", "/opt/ml/output"],
        },
        "ProcessingInputs": [
            {
                "InputName": "data",
                "S3Input": {
                    "S3Uri": f"s3://{BUCKET}/data/",
                    "LocalPath": "/opt/ml/processing/input/data",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "result",
                    "S3Output": {
                        "S3Uri": f"s3://{BUCKET}/{name}",
                        "LocalPath": "/opt/ml/processing/output/result",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        **changes,
    }


WRITE = ("--input", "/opt/ml/processing/input/data", "--write", "/opt/ml/processing/output/result")


@pytest.fixture(autouse=True, scope="module")
def data(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")
    s3.put_object(Bucket=BUCKET, Key="data/deep/b.csv", Body=b"2")


def finished(sagemaker: Any, name: str) -> dict[str, Any]:
    wait_until(lambda: sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] in FINAL)
    job: dict[str, Any] = sagemaker.describe_processing_job(ProcessingJobName=name)
    return job


def read(cloud: LocalCloud, key: str) -> Any:
    return json.loads(cloud.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_a_job_reads_its_inputs_and_writes_its_outputs(cloud: LocalCloud, sagemaker: Any) -> None:
    job = processing_job("works", *WRITE, Environment={"GREETING": "hi", "PLACE": "/opt/ml/processing"})
    answer = sagemaker.create_processing_job(**job)
    assert answer["ProcessingJobArn"] == "arn:aws:sagemaker:eu-west-1:000000000000:processing-job/works"
    described = finished(sagemaker, "works")
    assert described["ProcessingJobStatus"] == "Completed"
    assert described["ProcessingEndTime"] >= described["ProcessingStartTime"]
    result = read(cloud, "works/result.json")
    assert result["found"] == ["a.csv", "deep", "deep/b.csv"]
    environment = result["environment"]
    assert environment["GREETING"] == "hi"
    assert environment["FROM_IMAGE"] == "yes"
    assert environment["PROCESSING_JOB_ARN"] == answer["ProcessingJobArn"]
    assert environment["AWS_ENDPOINT_URL"] == cloud.running.url
    assert environment["PLACE"].endswith("/opt/ml/processing")
    assert environment["PLACE"] != "/opt/ml/processing"
    assert "PYTHONPATH" not in environment


def test_the_lines_of_a_job_are_in_cloudwatch_logs(cloud: LocalCloud, sagemaker: Any) -> None:
    sagemaker.create_processing_job(**processing_job("talks"))
    finished(sagemaker, "talks")
    logs = cloud.client("logs")
    group = "/aws/sagemaker/ProcessingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="talks/algo-1")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["hello from the job", " ", "after an empty line"]


def test_a_failing_job_gives_its_reason_and_no_output(cloud: LocalCloud, sagemaker: Any) -> None:
    sagemaker.create_processing_job(**processing_job("fails", *WRITE, "--exit", "3", "--reason", "no luck today"))
    job = finished(sagemaker, "fails")
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no luck today, exit code: 3"
    assert job["ExitMessage"] == "no luck today"
    with pytest.raises(ClientError, match="NoSuchKey"):
        read(cloud, "fails/result.json")


def test_a_continuous_output_is_there_even_if_the_job_fails(cloud: LocalCloud, sagemaker: Any) -> None:
    job = processing_job("reports", *WRITE, "--exit", "1")
    job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    sagemaker.create_processing_job(**job)
    assert finished(sagemaker, "reports")["ProcessingJobStatus"] == "Failed"
    assert read(cloud, "reports/result.json")["text"] == "written"


def test_jobs_of_two_kinds_with_one_name_run_beside_each_other(sagemaker: Any) -> None:
    names = [f"twin-{number}" for number in range(5)]
    for name in names:
        sagemaker.create_processing_job(**processing_job(name))
        sagemaker.create_training_job(**training_job(name))
    for name in names:
        assert finished(sagemaker, name)["ProcessingJobStatus"] == "Completed"
        sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name, WaiterConfig={"Delay": 1})


def test_a_job_can_be_stopped(sagemaker: Any) -> None:
    sagemaker.create_processing_job(**processing_job("sleeps", "--sleep", "60"))
    sagemaker.stop_processing_job(ProcessingJobName="sleeps")
    assert finished(sagemaker, "sleeps")["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="the processing job is in status Stopped"):
        sagemaker.stop_processing_job(ProcessingJobName="sleeps")


def test_a_job_ends_at_its_limit(sagemaker: Any) -> None:
    job = processing_job("dawdles", "--sleep", "60", StoppingCondition={"MaxRuntimeInSeconds": 1})
    sagemaker.create_processing_job(**job)
    assert finished(sagemaker, "dawdles")["ProcessingJobStatus"] == "Stopped"


def test_an_image_that_nobody_pushed_fails_the_job(sagemaker: Any) -> None:
    job = processing_job("imageless")
    job["AppSpecification"]["ImageUri"] = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/other:1"
    sagemaker.create_processing_job(**job)
    assert "does not exist; build and push it first" in finished(sagemaker, "imageless")["FailureReason"]


def test_the_service_refuses_what_aws_refuses(sagemaker: Any) -> None:
    sagemaker.create_processing_job(**processing_job("once"))
    with pytest.raises(ClientError, match="ResourceInUse"):
        sagemaker.create_processing_job(**processing_job("once"))
    with pytest.raises(ClientError, match="failed to satisfy constraint: Member must satisfy regular expression"):
        sagemaker.create_processing_job(**processing_job("under_score"))
    with pytest.raises(ClientError, match="Could not find requested job with name: never"):
        sagemaker.describe_processing_job(ProcessingJobName="never")
    outside = processing_job("outside")
    outside["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/tmp/data"
    with pytest.raises(ClientError, match="must be a subdirectory of /opt/ml/processing"):
        sagemaker.create_processing_job(**outside)


def training_job(name: str, *arguments: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingInputMode": "File",
            "TrainingImage": IMAGE,
            "ContainerEntrypoint": ["python", "job.py"],
            "ContainerArguments": [*arguments, "--output", "/opt/ml/output"],
        },
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": CLUSTER["ClusterConfig"],
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "HyperParameters": {"depth": "3"},
    }


def test_a_training_leaves_its_model_as_an_archive(cloud: LocalCloud, sagemaker: Any) -> None:
    sagemaker.create_training_job(
        **training_job("trains", "--input", "/opt/ml/input", "--write", "/opt/ml/model", "--text", "weights")
    )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="trains", WaiterConfig={"Delay": 1})
    job = sagemaker.describe_training_job(TrainingJobName="trains")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/models/trains/output/model.tar.gz"
    body = cloud.client("s3").get_object(Bucket=BUCKET, Key="models/trains/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.getnames() == ["result.json"]
        member = archive.extractfile("result.json")
        assert member is not None
        found = json.load(member)["found"]
    assert {"config/hyperparameters.json", "config/inputdataconfig.json", "data/train/a.csv"} <= set(found)


def test_a_failing_training_gives_its_reason(sagemaker: Any) -> None:
    sagemaker.create_training_job(**training_job("diverges", "--exit", "1", "--reason", "loss is not finite"))
    wait_until(lambda: sagemaker.describe_training_job(TrainingJobName="diverges")["TrainingJobStatus"] == "Failed")
    job = sagemaker.describe_training_job(TrainingJobName="diverges")
    assert job["FailureReason"] == "AlgorithmError: loss is not finite, exit code: 1"


def test_jobs_are_listed_in_pages(sagemaker: Any) -> None:
    everything = list(sagemaker.get_paginator("list_processing_jobs").paginate(PaginationConfig={"PageSize": 3}))
    assert sum(len(page["ProcessingJobSummaries"]) for page in everything) > 6


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("list_hyper_parameter_tuning_jobs", {}),
        ("create_endpoint_config", {"EndpointConfigName": "c", "ProductionVariants": [{"VariantName": "v"}]}),
    ],
)
def test_what_localcloud_lacks_it_says(sagemaker: Any, operation: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"NotInLocalcloud.*localcloud does not implement") as raised:
        getattr(sagemaker, operation)(**arguments)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
