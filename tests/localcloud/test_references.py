"""What a request refers to has to exist, whether IAM is enforced or not."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localcloud.sagemaker.references import DOCKER_MANIFEST, manifest_media_type
from localcloud.sagemaker.role_trust import trusts_sagemaker

from tests.conformance.raw_calls import RawCalls
from tests.localcloud.conftest import BUCKET, IMAGE, ROLE, TRUST, LocalCloud, StartCloud
from tests.localcloud.test_endpoints import put_model
from tests.localcloud.test_jobs import processing_job, training_job

NO_ROLE = "arn:aws:iam::000000000000:role/nobody"
NO_IMAGE = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/nothing:1"
DEFINITION = '{"Version": "2020-12-01", "Steps": []}'
TOKEN = "0" * 32


@pytest.fixture(scope="module")
def closed_role(cloud: LocalCloud) -> str:
    """A role that trusts another service."""
    return cloud.make_role("closed", {"Statement": {**statement("lambda.amazonaws.com")}})


@pytest.fixture(scope="module", autouse=True)
def data(cloud: LocalCloud) -> None:
    cloud.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")


def statement(service: str, effect: str = "Allow") -> dict[str, Any]:
    return {"Effect": effect, "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and message with which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def model(data_url: str, **changes: Any) -> dict[str, Any]:
    container = {"Image": changes.pop("Image", IMAGE), "ModelDataUrl": data_url}
    return {"ModelName": "refers", "ExecutionRoleArn": ROLE, "PrimaryContainer": container, **changes}


# https://github.com/awslabs/predictive-maintenance-using-machine-learning/issues/3 (CreateTransformJob; the other jobs,
# definitions and pipelines are assumed to say the same)
@pytest.mark.parametrize("kind", ["missing", "closed"])
@pytest.mark.parametrize("operation", ["create_processing_job", "create_training_job", "create_pipeline"])
def test_a_role_that_sagemaker_cannot_assume_is_refused(
    sagemaker: Any, closed_role: str, operation: str, kind: str
) -> None:
    role = NO_ROLE if kind == "missing" else closed_role
    requests: dict[str, dict[str, Any]] = {
        "create_processing_job": processing_job("roleless"),
        "create_training_job": training_job("roleless"),
        "create_pipeline": {"PipelineName": "p", "PipelineDefinition": DEFINITION, "ClientRequestToken": TOKEN},
    }
    code, message = refusal(getattr(sagemaker, operation), **{**requests[operation], "RoleArn": role})
    assert code == "ValidationException"
    assert message == (
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )


# https://github.com/bentoml/BentoML/issues/892
@pytest.mark.parametrize("kind", ["missing", "closed"])
def test_a_model_needs_a_role_that_sagemaker_can_assume(
    cloud: LocalCloud, sagemaker: Any, closed_role: str, kind: str
) -> None:
    role = NO_ROLE if kind == "missing" else closed_role
    code, message = refusal(sagemaker.create_model, **model(put_model(cloud, "refers"), ExecutionRoleArn=role))
    assert code == "ValidationException"
    assert message.startswith(f'The execution role ARN "{role}" is invalid.')
    assert '"sts:AssumeRole" for the service principal "sagemaker.amazonaws.com"' in message


# https://github.com/serverless/serverless/issues/3374 (another service; SageMaker is assumed to say the same)
def test_a_role_of_another_account_is_refused(cloud: LocalCloud, sagemaker: Any) -> None:
    role = cloud.make_role("elsewhere", TRUST, account="111111111111")
    code, message = refusal(sagemaker.create_processing_job, **processing_job("abroad", RoleArn=role))
    assert (code, message) == ("AccessDeniedException", "Cross-account pass role is not allowed.")


# https://github.com/aws/aws-step-functions-data-science-sdk-python/issues/61
def test_a_model_needs_its_data(sagemaker: Any) -> None:
    uri = f"s3://{BUCKET}/nothing/model.tar.gz"
    found = refusal(sagemaker.create_model, **model(uri))
    assert found == ("ValidationException", f"Could not find model data at {uri}.")


# https://github.com/aws-samples/easy-amazon-sagemaker-deployments/issues/4
def test_a_model_needs_its_image(cloud: LocalCloud, sagemaker: Any) -> None:
    found = refusal(sagemaker.create_model, **model(put_model(cloud, "refers"), Image=NO_IMAGE))
    assert found == ("ValidationException", f"Requested image {NO_IMAGE} not found.")


# https://github.com/aws/amazon-sagemaker-feedback/issues/180
def test_the_media_type_that_the_store_records_is_looked_at() -> None:
    oci: Any = SimpleNamespace(media_type="application/vnd.oci.image.manifest.v1+json")
    assert manifest_media_type(oci) == "application/vnd.oci.image.manifest.v1+json"
    nothing: Any = SimpleNamespace()
    assert manifest_media_type(nothing) == DOCKER_MANIFEST


# https://github.com/aws/amazon-sagemaker-examples/issues/1476
def test_a_training_needs_its_image(sagemaker: Any) -> None:
    job = training_job("imageless")
    job["AlgorithmSpecification"]["TrainingImage"] = NO_IMAGE
    found = refusal(sagemaker.create_training_job, **job)
    assert found == ("ValidationException", f"Cannot find the requested image: {NO_IMAGE}")


# https://github.com/aws/amazon-sagemaker-examples/issues/2267 (CreateTrainingJob), 2270 (CreateTransformJob);
# CreateProcessingJob is assumed to say the same
@pytest.mark.parametrize("uri", [f"s3://{BUCKET}/nothing/", "s3://no-such-bucket/data/"])
@pytest.mark.parametrize("operation", ["create_processing_job", "create_training_job"])
def test_a_job_needs_its_inputs(sagemaker: Any, operation: str, uri: str) -> None:
    processing, training = processing_job("hungry"), training_job("hungry")
    processing["ProcessingInputs"][0]["S3Input"]["S3Uri"] = uri
    training["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = uri
    job = processing if operation == "create_processing_job" else training
    code, message = refusal(getattr(sagemaker, operation), **job)
    bucket = uri.split("/")[2]
    assert code == "ValidationException"
    assert message == (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        "the selected region (eu-west-1), that objects exist under that S3 prefix, and that the role "
        f'"{ROLE}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )


# https://github.com/philschmid/llm-sagemaker-sample/issues/2
def test_with_iam_the_role_has_to_reach_the_data(start_cloud: StartCloud, tmp_path: Any) -> None:
    strict = start_cloud(tmp_path / "strict", iam=True)
    strict.client("s3").put_object(Bucket=BUCKET, Key="data/a.csv", Body=b"1")
    sagemaker, uri = strict.client("sagemaker"), put_model(strict, "refers")
    code, message = refusal(sagemaker.create_model, **model(uri))
    assert code == "ValidationException"
    assert message.startswith(f'Could not access model data at {uri}. Please ensure that the role "{ROLE}" exists')
    _, message = refusal(sagemaker.create_training_job, **training_job("hungry"))
    assert "No S3 objects found under S3 URL" in message
    statements = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
    policy = f'{{"Version": "2012-10-17", "Statement": {statements}}}'.replace("'", '"')
    strict.client("iam").put_role_policy(RoleName="test-role", PolicyName="data", PolicyDocument=policy)
    assert sagemaker.create_model(**model(uri))["ModelArn"]
    answer = RawCalls(strict.running.url, "000000000000", "eu-west-1").send("ListModels", b"{")
    assert (answer.status, answer.code) == (400, "SerializationException")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (TRUST, True),
        ({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["sts:*"]}]}, True),
        ({"Statement": [statement("lambda.amazonaws.com")]}, False),
        ({"Statement": [statement("sagemaker.amazonaws.com"), statement("sagemaker.amazonaws.com", "Deny")]}, False),
        ({"Statement": [{**statement("sagemaker.amazonaws.com"), "Action": "sts:TagSession"}]}, False),
        ("{}", False),
    ],
)
def test_trust_policies_are_read(document: Any, expected: bool) -> None:
    assert trusts_sagemaker(document) is expected
