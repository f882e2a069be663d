"""What we believe about SageMaker's pipelines beside their definitions. No pipeline is run."""

from typing import Any

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Target

EMPTY = '{"Version": "2020-12-01", "Steps": []}'


@belief(ASSUMED)
def test_a_role_that_does_not_exist(aws: Target, observe: Observe) -> None:
    """CreatePipeline refuses a role that does not exist, in the words of CreateTransformJob."""
    name, role = aws.name("roleless"), f"arn:aws:iam::{aws.account()}:role/{aws.name('nobody')}"
    token: dict[str, Any] = {"ClientRequestToken": "2" * 32}
    found = aws.refusal(
        "sagemaker",
        "create_pipeline",
        if_accepted=lambda: aws.client("sagemaker").delete_pipeline(PipelineName=name, **token),
        PipelineName=name,
        PipelineDefinition=EMPTY,
        RoleArn=role,
        **token,
    )
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("^Could not assume role .*the role exists"))


@belief("botocore: sagemaker.DescribePipelineRequest (ResourceNotFound)")
def test_a_pipeline_that_is_missing(aws: Target, observe: Observe) -> None:
    """Describing, updating and starting a pipeline that does not exist are refused with ResourceNotFound."""
    name = aws.name("no-pipeline")
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("describe_pipeline", {}),
        ("update_pipeline", {"PipelineDisplayName": "x"}),
        ("start_pipeline_execution", {"ClientRequestToken": "3" * 32}),
    )
    for call, members in calls:
        observe(call, aws.refusal("sagemaker", call, PipelineName=name, **members).code, documented="ResourceNotFound")


@belief("botocore: sagemaker.DescribePipelineResponse LastRunTime")
def test_a_pipeline_that_never_ran(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A pipeline that never ran has no LastRunTime."""
    found = aws.client("sagemaker").describe_pipeline(PipelineName=given.pipeline())
    observe("has the member", "LastRunTime" in found, documented=False)
