"""What we believe about SageMaker's model registry."""

from tests.conformance.beliefs import belief
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Fixtures, Target

API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference"


@belief(f"{API}/API_CreateModelPackageGroup.html")
def test_a_group_has_one_name(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A second model package group of one name is refused."""
    found = aws.refusal("sagemaker", "create_model_package_group", ModelPackageGroupName=given.group())
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("already exists"))


@belief(f"{API}/API_DescribeModelPackage.html")
def test_a_version_that_is_missing(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Describing a version that does not exist is a ValidationException."""
    arn = aws.arn("model-package", f"{given.group()}/999")
    found = aws.refusal("sagemaker", "describe_model_package", ModelPackageName=arn)
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("does not exist"))
