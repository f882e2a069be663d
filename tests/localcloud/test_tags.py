"""Tags: given at creation, changed later, of resources that exist."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.conftest import IMAGE, ROLE

GIVEN = [{"Key": "team", "Value": "a"}]
TOKEN = "0" * 32


def make_group(sagemaker: Any, name: str, **members: Any) -> str:
    arn: str = sagemaker.create_model_package_group(ModelPackageGroupName=name, **members)["ModelPackageGroupArn"]
    return arn


def tags_of(sagemaker: Any, arn: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def test_tags_given_at_creation_are_kept(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, Tags of the Create operations: an array of key-value pairs of the new resource."""
    model = {"ModelName": "tagged", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE}}
    pipeline = {"PipelineName": "tagged", "PipelineDefinition": '{"Version": "2020-12-01", "Steps": []}'}
    arns = [
        make_group(sagemaker, "tagged", Tags=GIVEN),
        sagemaker.create_model(**model, Tags=GIVEN)["ModelArn"],
        sagemaker.create_pipeline(**pipeline, RoleArn=ROLE, ClientRequestToken=TOKEN, Tags=GIVEN)["PipelineArn"],
    ]
    assert [tags_of(sagemaker, arn) for arn in arns] == [{"team": "a"}] * 3


def test_tags_are_added_overwritten_and_removed(sagemaker: Any) -> None:
    arn = make_group(sagemaker, "retagged", Tags=GIVEN)
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": "c"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["cost"])
    assert tags_of(sagemaker, arn) == {"team": "b"}


def test_a_new_resource_has_no_tags_of_a_deleted_one(sagemaker: Any) -> None:
    make_group(sagemaker, "again", Tags=GIVEN)
    sagemaker.delete_model_package_group(ModelPackageGroupName="again")
    assert tags_of(sagemaker, make_group(sagemaker, "again")) == {}


# Assumed: the operations on tags refuse in the words of the resource's Describe operation.
@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("model-package-group/nothing", "ValidationException"),
        ("model-package/versions/99", "ValidationException"),
        ("endpoint/nothing", "ValidationException"),
        ("pipeline/nothing", "ResourceNotFound"),
        ("pipeline/nothing/execution/abc", "ResourceNotFound"),
        ("monitoring-schedule/nothing", "ResourceNotFound"),
    ],
)
def test_tags_of_a_missing_resource_are_refused(sagemaker: Any, resource: str, code: str) -> None:
    arn = f"arn:aws:sagemaker:eu-west-1:000000000000:{resource}"
    calls: list[Any] = [
        lambda: sagemaker.list_tags(ResourceArn=arn),
        lambda: sagemaker.add_tags(ResourceArn=arn, Tags=GIVEN),
        lambda: sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"]),
    ]
    for call in calls:
        with pytest.raises(ClientError) as raised:
            call()
        assert raised.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("arn", ["arn:aws:s3:::bucket", "arn:aws:sagemaker:eu-west-1:111111111111:model/m", "arn:"])
def test_an_arn_of_elsewhere_is_refused(sagemaker: Any, arn: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.list_tags(ResourceArn=arn)


def test_a_resource_has_at_most_fifty_tags(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, shape TagList: at most 50 items."""
    arn = make_group(sagemaker, "many", Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    with pytest.raises(ClientError, match="at most 50 tags"):
        sagemaker.add_tags(ResourceArn=arn, Tags=GIVEN)
    assert len(tags_of(sagemaker, arn)) == 50


def test_keys_of_aws_are_refused(sagemaker: Any) -> None:
    """Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html, the prefix `aws:` is reserved."""
    arn = make_group(sagemaker, "reserved")
    with pytest.raises(ClientError, match="aws: prefixed tag key names are not allowed"):
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": ""}])
    with pytest.raises(ClientError, match="aws: prefixed tag key names are not allowed"):
        make_group(sagemaker, "reserved-too", Tags=[{"Key": "aws:x", "Value": ""}])


def test_a_version_takes_no_tags_of_its_own(sagemaker: Any) -> None:
    """Source: botocore 1.43.106, CreateModelPackageInput Tags: with a group "you cannot supply a tag argument"."""
    make_group(sagemaker, "untagged")
    specification = {
        "Containers": [{"Image": IMAGE}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    with pytest.raises(ClientError, match="Tags cannot be given to a version"):
        sagemaker.create_model_package(
            ModelPackageGroupName="untagged", InferenceSpecification=specification, Tags=GIVEN
        )
