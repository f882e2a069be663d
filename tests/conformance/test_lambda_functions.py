"""What we believe about Lambda's functions. None is created."""

from tests.conformance.beliefs import belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Target


@belief("https://github.com/awslabs/amazon-redshift-monitoring/pull/25")
def test_a_runtime_that_does_not_exist(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A function of a runtime that does not exist is refused, and the message names those that do."""
    name = aws.name("function")
    found = aws.refusal(
        "lambda",
        "create_function",
        if_accepted=lambda: aws.client("lambda").delete_function(FunctionName=name),
        FunctionName=name,
        Runtime="python9.9",
        Role=given.role(service="lambda.amazonaws.com"),
        Handler="h.h",
        Code={"ZipFile": b"x"},
    )
    observe("code", found.code, documented="InvalidParameterValueException")
    beginning = "^Value python9.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum"
    observe("message", found.message, documented=Matching(f"{beginning}.*or be a valid ARN"))


@belief("botocore: lambda.GetFunction (ResourceNotFoundException)")
def test_a_function_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing a function that does not exist is refused with ResourceNotFoundException."""
    found = aws.refusal("lambda", "get_function", FunctionName=aws.name("no-function"))
    observe("code", found.code, documented="ResourceNotFoundException")
