"""What we believe about SageMaker's tags: given at creation, changed later, of resources that exist."""

from typing import Any

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import TAG, Target

GIVEN = [{"Key": "team", "Value": "a"}]
API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference"
RESERVED = "https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"


def tags_of(aws: Target, arn: str) -> dict[str, str]:
    """Tags of a resource but that of the run."""
    found = aws.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found if tag["Key"] != TAG}


def group_with(aws: Target, given: Fixtures, what: str, **members: Any) -> str:
    """The ARN of a new group."""
    return aws.arn("model-package-group", given.make_group(what, **members))


def codes_of(aws: Target, resource: str) -> list[str]:
    """How the three operations on tags refuse a resource."""
    arn = aws.arn(*resource.split("/", 1))
    calls: tuple[tuple[str, dict[str, Any]], ...] = (
        ("list_tags", {}),
        ("add_tags", {"Tags": GIVEN}),
        ("delete_tags", {"TagKeys": ["team"]}),
    )
    return [aws.refusal("sagemaker", call, ResourceArn=arn, **members).code for call, members in calls]


@belief("botocore: sagemaker.CreateModelPackageGroupInput Tags, CreateModelInput Tags, CreatePipelineRequest Tags")
def test_tags_given_at_creation(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Tags that are given at creation are those of the resource."""
    observe("group", tags_of(aws, group_with(aws, given, "tagged", Tags=GIVEN)), documented={"team": "a"})
    model = aws.arn("model", given.make_model("tagged", Tags=GIVEN))
    observe("model", tags_of(aws, model), documented={"team": "a"})
    shown = aws.client("sagemaker").list_tags(ResourceArn=aws.arn("pipeline", given.pipeline()))["Tags"]
    observe("pipeline", shown, documented=aws.tags)


@belief(f"{API}/API_AddTags.html")
def test_tags_change(aws: Target, given: Fixtures, observe: Observe) -> None:
    """AddTags adds and overwrites, DeleteTags removes."""
    sagemaker, arn = aws.client("sagemaker"), group_with(aws, given, "retagged", Tags=GIVEN)
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": "c"}])
    observe("added", tags_of(aws, arn), documented={"team": "b", "cost": "c"})
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["cost"])
    observe("removed", tags_of(aws, arn), documented={"team": "b"})


@belief(ASSUMED)
def test_tags_go_with_their_resource(aws: Target, observe: Observe) -> None:
    """A new resource has no tags of a deleted one of its name."""
    sagemaker, name = aws.client("sagemaker"), aws.name("again")
    for tags in (GIVEN, []):
        sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=[*aws.tags, *tags])
        found = tags_of(aws, aws.arn("model-package-group", name))
        sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    observe("tags", found, documented={})


@belief(ASSUMED)
def test_tags_of_a_missing_resource(aws: Target, observe: Observe) -> None:
    """The operations on tags refuse a missing group, version and endpoint with a ValidationException."""
    for resource in ("model-package-group/nothing", "model-package/versions/99", "endpoint/nothing"):
        observe(resource, codes_of(aws, resource), documented=["ValidationException"] * 3)


@belief(ASSUMED)
def test_tags_of_a_missing_pipeline(aws: Target, observe: Observe) -> None:
    """The operations on tags refuse a missing pipeline, execution and schedule with ResourceNotFound."""
    for resource in ("pipeline/nothing", "pipeline/nothing/execution/abc", "monitoring-schedule/nothing"):
        observe(resource, codes_of(aws, resource), documented=["ResourceNotFound"] * 3)


@belief("botocore: sagemaker.ResourceArn")
def test_an_arn_of_another_service(aws: Target, observe: Observe) -> None:
    """ListTags refuses the ARN of another service, and a text that is no ARN."""
    for arn in ("arn:aws:s3:::bucket", "arn:"):
        found = aws.refusal("sagemaker", "list_tags", ResourceArn=arn)
        observe(arn, found.code, documented="ValidationException")


@belief(ASSUMED)
def test_an_arn_of_another_account(aws: Target, observe: Observe) -> None:
    """ListTags refuses the ARN of another account with a ValidationException."""
    arn = aws.arn("model", "m", environment="staging")
    observe("code", aws.refusal("sagemaker", "list_tags", ResourceArn=arn).code, documented="ValidationException")


@belief("botocore: sagemaker.TagList (at most 50)")
def test_fifty_tags(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A resource has at most fifty tags."""
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50 - len(aws.tags))]
    arn = group_with(aws, given, "many", Tags=many)
    found = aws.refusal("sagemaker", "add_tags", ResourceArn=arn, Tags=GIVEN)
    observe("code", found.code, documented="ValidationException")
    observe("tags", len(tags_of(aws, arn)), documented=50 - len(aws.tags))


@belief(RESERVED)
def test_reserved_keys(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Keys that begin with `aws:` are refused."""
    arn = aws.arn("model-package-group", given.group())
    found = aws.refusal("sagemaker", "add_tags", ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": ""}])
    observe("code", found.code, documented="ValidationException")
    observe("message", found.message, documented=Matching("aws: prefixed tag key names are not allowed"))


@belief(RESERVED)
def test_reserved_keys_at_creation(aws: Target, observe: Observe) -> None:
    """A group whose tags have a key that begins with `aws:` is refused."""
    name = aws.name("reserved")
    found = aws.refusal(
        "sagemaker",
        "create_model_package_group",
        if_accepted=lambda: aws.client("sagemaker").delete_model_package_group(ModelPackageGroupName=name),
        ModelPackageGroupName=name,
        Tags=[{"Key": "aws:x", "Value": ""}],
    )
    observe("code", found.code, documented="ValidationException")


@belief("botocore: sagemaker.CreateModelPackageInput Tags (none for a version of a group)")
def test_a_version_takes_no_tags(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A version of a group takes no tags of its own."""
    specification = {
        "Containers": [{"Image": given.image()}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    members: dict[str, Any] = {"ModelPackageGroupName": given.versions(), "InferenceSpecification": specification}
    found = aws.refusal("sagemaker", "create_model_package", Tags=GIVEN, **members)
    observe("code", found.code, documented="ValidationException")
