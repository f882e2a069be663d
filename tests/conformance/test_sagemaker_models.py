"""What we believe about CreateModel: what a model refers to has to exist."""

from typing import Any

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.ecr_image import OCI
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Refusal, Target

ISSUES = "https://github.com"
INVALID_ROLE = (
    r'^The execution role ARN ".+" is invalid\. Please ensure that the role exists and that its trust relationship '
    r'policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com"'
)


def refused_model(aws: Target, given: Fixtures, **changes: Any) -> Refusal:
    """Make a model whose members are good but for the changes; returns how it is refused."""
    container = {"Image": given.image(), "ModelDataUrl": given.model_data()}
    container |= {name: changes.pop(name) for name in ("Image", "ModelDataUrl") if name in changes}
    name = aws.name("refused-model")
    members = {"ModelName": name, "ExecutionRoleArn": given.reading_role(), "PrimaryContainer": container, **changes}
    return aws.refusal(
        "sagemaker", "create_model", if_accepted=lambda: aws.client("sagemaker").delete_model(ModelName=name), **members
    )


def judge(observe: Observe, found: Refusal, message: str | Matching) -> None:
    """Hold a refusal to its documented message."""
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=message)


@belief(f"{ISSUES}/bentoml/BentoML/issues/892")
def test_a_role_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses an execution role that does not exist."""
    role = f"arn:aws:iam::{aws.account()}:role/{aws.name('nobody')}"
    judge(observe, refused_model(aws, given, ExecutionRoleArn=role), Matching(INVALID_ROLE))


@belief(f"{ISSUES}/bentoml/BentoML/issues/892")
def test_a_role_of_another_service(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses an execution role whose trust policy names another service only."""
    role = given.role(service="lambda.amazonaws.com")
    judge(observe, refused_model(aws, given, ExecutionRoleArn=role), Matching(INVALID_ROLE))


@belief(ASSUMED)
def test_a_role_of_another_account(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses a role of another account, as other services do (serverless/serverless#3374)."""
    found = refused_model(aws, given, ExecutionRoleArn=given.role("staging"))
    observe("code", found.code, documented="AccessDeniedException")
    observe("message", found.message, documented="Cross-account pass role is not allowed.")


@belief(f"{ISSUES}/aws/aws-step-functions-data-science-sdk-python/issues/61")
def test_data_that_do_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses a model whose archive is not in S3."""
    uri = f"s3://{given.bucket()}/nothing/model.tar.gz"
    judge(observe, refused_model(aws, given, ModelDataUrl=uri), f"Could not find model data at {uri}.")


@belief(f"{ISSUES}/philschmid/llm-sagemaker-sample/issues/2")
def test_data_that_the_role_cannot_read(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses a model whose archive the execution role may not read."""
    found = refused_model(aws, given, ExecutionRoleArn=given.role())
    judge(observe, found, Matching("^Could not access model data at s3://"))


@belief(f"{ISSUES}/aws-samples/easy-amazon-sagemaker-deployments/issues/4")
def test_an_image_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses an image that is not in ECR."""
    uri = given.image().replace(":docker", ":nothing")
    judge(observe, refused_model(aws, given, Image=uri), f"Requested image {uri} not found.")


@belief(f"{ISSUES}/aws/amazon-sagemaker-feedback/issues/180")
def test_an_image_with_an_oci_manifest(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel refuses an image whose manifest is an OCI one."""
    found = refused_model(aws, given, Image=given.image(OCI))
    judge(observe, found, Matching(f"^Unsupported manifest media type {OCI.replace('+', '.')} for image "))


@belief(f"{ISSUES}/aws/amazon-sagemaker-feedback/issues/180")
def test_an_image_with_a_docker_manifest(aws: Target, given: Fixtures, observe: Observe) -> None:
    """CreateModel takes an image whose manifest is a Docker one, schema 2."""
    found = aws.client("sagemaker").describe_model(ModelName=given.model())
    observe("image", found["PrimaryContainer"]["Image"], documented=given.image())


@belief("botocore: sagemaker.DescribeModelOutput EnableNetworkIsolation")
def test_isolation_is_shown(aws: Target, given: Fixtures, observe: Observe) -> None:
    """DescribeModel says that a model has a network if nobody asked for isolation."""
    found = aws.client("sagemaker").describe_model(ModelName=given.model())
    observe("isolation", found["EnableNetworkIsolation"], documented=False)


@belief(f"{ISSUES}/astronomer/astronomer-providers/issues/1055")
def test_a_model_has_one_name(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A second model of one name is refused."""
    found = refused_model(aws, given, ModelName=given.model())
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("^Cannot create already existing model "))


@belief(ASSUMED)
def test_a_model_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a model that does not exist is a ValidationException."""
    found = aws.refusal("sagemaker", "describe_model", ModelName=aws.name("no-model"))
    judge(observe, found, Matching("Could not find model"))
