"""SageMaker's resources are found by their tags through the Resource Groups Tagging API, and are tagged through it.

Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from tests.localcloud.conftest import LocalCloud

TAG = {"Key": "team", "Value": "shop"}


def found(cloud: LocalCloud, name: str) -> list[str]:
    """ARNs of groups with that name that have the tag."""
    client = cloud.client("resourcegroupstaggingapi")
    listed = client.get_resources(
        TagFilters=[{"Key": TAG["Key"], "Values": [TAG["Value"]]}],
        ResourceTypeFilters=["sagemaker:model-package-group"],
    )
    arns = [entry["ResourceARN"] for entry in listed["ResourceTagMappingList"]]
    return [arn for arn in arns if arn.endswith(f"/{name}")]


def test_a_resource_is_found_by_its_tags_until_it_is_deleted(cloud: LocalCloud) -> None:
    sagemaker = cloud.client("sagemaker")
    arn = sagemaker.create_model_package_group(ModelPackageGroupName="tagged", Tags=[TAG])["ModelPackageGroupArn"]
    assert found(cloud, "tagged") == [arn]
    sagemaker.delete_model_package_group(ModelPackageGroupName="tagged")
    assert found(cloud, "tagged") == []


def test_tags_are_written_and_removed(cloud: LocalCloud) -> None:
    sagemaker, tagging = cloud.client("sagemaker"), cloud.client("resourcegroupstaggingapi")
    arn = sagemaker.create_model_package_group(ModelPackageGroupName="later")["ModelPackageGroupArn"]
    assert tagging.tag_resources(ResourceARNList=[arn], Tags={TAG["Key"]: TAG["Value"]})["FailedResourcesMap"] == {}
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [TAG]
    assert tagging.untag_resources(ResourceARNList=[arn], TagKeys=[TAG["Key"]])["FailedResourcesMap"] == {}
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []
    missing = arn.replace("later", "missing")
    failed = tagging.tag_resources(ResourceARNList=[missing], Tags={"a": "b"})["FailedResourcesMap"]
    assert list(failed) == [missing]
