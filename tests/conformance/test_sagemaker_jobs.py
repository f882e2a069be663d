"""What we believe about CreateProcessingJob and CreateTrainingJob: what they refuse before anything runs."""

from typing import Any

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Observe
from tests.conformance.target import Refusal, Target

GITHUB = "https://github.com"
ROLE_THREAD = f"{GITHUB}/awslabs/predictive-maintenance-using-machine-learning/issues/3"
DATA_THREAD = f"{GITHUB}/aws/amazon-sagemaker-examples/issues/2267"
LOCAL_STORAGE = "botocore: sagemaker.{} VolumeKmsKeyId (no key with an instance type that has local storage)"
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}


def refused_processing(aws: Target, given: Fixtures, uri: str = "", **changes: Any) -> Refusal:
    """Ask for a processing job that reads an URI; returns how it is refused. One that is accepted is stopped."""
    name = aws.name("refused")
    source = {"S3Uri": uri or given.object(), "LocalPath": "/opt/ml/processing/input/data", "S3DataType": "S3Prefix"}
    members = {
        "ProcessingJobName": name,
        "RoleArn": given.reading_role(),
        "AppSpecification": {"ImageUri": given.image()},
        "ProcessingResources": {"ClusterConfig": CLUSTER},
        "ProcessingInputs": [{"InputName": "data", "S3Input": {**source, "S3InputMode": "File"}}],
        **changes,
    }
    stop = aws.client("sagemaker").stop_processing_job
    return aws.refusal(
        "sagemaker", "create_processing_job", if_accepted=lambda: stop(ProcessingJobName=name), **members
    )


def refused_training(aws: Target, given: Fixtures, uri: str = "", **changes: Any) -> Refusal:
    """As `refused_processing`, for a training."""
    name = aws.name("refused")
    source = {"S3Uri": uri or given.object(), "S3DataType": "S3Prefix"}
    members = {
        "TrainingJobName": name,
        "RoleArn": given.reading_role(),
        "AlgorithmSpecification": {"TrainingImage": given.image(), "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{given.bucket()}/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }
    stop = aws.client("sagemaker").stop_training_job
    return aws.refusal("sagemaker", "create_training_job", if_accepted=lambda: stop(TrainingJobName=name), **members)


def judge(observe: Observe, found: Refusal, message: str) -> None:
    """Hold a refusal to its documented message."""
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=message)


def role_message(role: str) -> str:
    return (
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )


def data_message(aws: Target, uri: str, role: str) -> str:
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f"the selected region ({aws.region}), that objects exist under that S3 prefix, and that the role "
        f'"{role}" has "s3:ListBucket" permissions on bucket "{uri.split("/")[2]}".'
    )


def no_role(aws: Target) -> str:
    return f"arn:aws:iam::{aws.account()}:role/{aws.name('nobody')}"


@belief(ASSUMED)
def test_processing_with_a_role_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateProcessingJob refuses a role that does not exist, in the words of CreateTransformJob."""
    judge(observe, refused_processing(aws, given, RoleArn=no_role(aws)), role_message(no_role(aws)))


@belief(ROLE_THREAD)
def test_training_with_a_role_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses a role that does not exist (the thread shows CreateTransformJob)."""
    judge(observe, refused_training(aws, given, RoleArn=no_role(aws)), role_message(no_role(aws)))


@belief(ROLE_THREAD)
def test_a_role_of_another_service(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses a role whose trust policy names another service only."""
    role = given.role(service="lambda.amazonaws.com")
    judge(observe, refused_training(aws, given, RoleArn=role), role_message(role))


@belief(ASSUMED)
def test_a_role_of_another_account(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateProcessingJob refuses a role of another account, as other services do (serverless/serverless#3374)."""
    found = refused_processing(aws, given, RoleArn=given.role("staging"))
    observe("code", found.code, documented="AccessDeniedException")
    observe("message", found.message, documented="Cross-account pass role is not allowed.")


@belief(f"{GITHUB}/aws/amazon-sagemaker-examples/issues/1476")
def test_a_training_needs_its_image(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses an image that is not in ECR."""
    uri = given.image().replace(":docker", ":nothing")
    specification = {"TrainingImage": uri, "TrainingInputMode": "File"}
    found = refused_training(aws, given, AlgorithmSpecification=specification)
    judge(observe, found, f"Cannot find the requested image: {uri}")


@belief(DATA_THREAD)
def test_a_training_needs_its_data(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses a prefix below which there are no objects."""
    uri = f"s3://{given.bucket()}/nothing/"
    judge(observe, refused_training(aws, given, uri), data_message(aws, uri, given.reading_role()))


@belief(ASSUMED)
def test_a_processing_job_needs_its_data(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateProcessingJob refuses a prefix below which there are no objects, in the words of CreateTrainingJob."""
    uri = f"s3://{given.bucket()}/nothing/"
    judge(observe, refused_processing(aws, given, uri), data_message(aws, uri, given.reading_role()))


@belief(DATA_THREAD)
def test_a_bucket_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses data in a bucket that does not exist."""
    uri = f"s3://{aws.name('no-bucket')}/data/"
    judge(observe, refused_training(aws, given, uri), data_message(aws, uri, given.reading_role()))


@belief(DATA_THREAD)
def test_data_that_the_role_cannot_list(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses data in a bucket that the role may not list."""
    uri = given.object()
    judge(observe, refused_training(aws, given, uri, RoleArn=given.role()), data_message(aws, uri, given.role()))


def cluster_with_key(aws: Target) -> dict[str, Any]:
    key = f"arn:aws:kms:{aws.region}:{aws.account()}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    return {**CLUSTER, "InstanceType": "ml.g5.xlarge", "VolumeKmsKeyId": key}


@belief(LOCAL_STORAGE.format("ResourceConfig"))
def test_a_training_takes_no_key_with_local_storage(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateTrainingJob refuses a volume key for an instance type with local storage."""
    found = refused_training(aws, given, ResourceConfig=cluster_with_key(aws))
    observe("code", found.code, documented="ValidationException")
    observe("names the key", "VolumeKmsKeyId" in found.message, documented=True)


@belief(LOCAL_STORAGE.format("ProcessingClusterConfig"))
def test_a_processing_job_takes_no_key_with_local_storage(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateProcessingJob refuses a volume key for an instance type with local storage."""
    found = refused_processing(aws, given, ProcessingResources={"ClusterConfig": cluster_with_key(aws)})
    observe("code", found.code, documented="ValidationException")
    observe("names the key", "VolumeKmsKeyId" in found.message, documented=True)


@belief("botocore: sagemaker.ProcessingClusterConfig InstanceType")
def test_an_instance_type_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateProcessingJob refuses an instance type that is none of those of the API."""
    cluster = {"ClusterConfig": {**CLUSTER, "InstanceType": "ml.huge"}}
    found = refused_processing(aws, given, ProcessingResources=cluster)
    observe("code", found.code, documented="ValidationException")
    observe("names the values", "enum value set" in found.message, documented=True)
