"""The model registry: versions, approval, metadata, and an event for every change."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.localcloud.conftest import IMAGE, LocalCloud
from tests.localcloud.waiting import wait_until

SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}


@pytest.fixture(scope="module", autouse=True)
def group(sagemaker: Any) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName="versions")


@pytest.fixture(scope="module")
def events(cloud: LocalCloud) -> Iterator[Any]:
    """What EventBridge delivers to a queue while the tests run."""
    sqs, bus = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="sagemaker", EventPattern=json.dumps({"source": ["aws.sagemaker"]}))
    bus.put_targets(Rule="sagemaker", Targets=[{"Id": "queue", "Arn": arn}])

    def received(detail_type: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []

        def some() -> bool:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return any(event["detail-type"] == detail_type for event in found)

        wait_until(some)
        return [event for event in found if event["detail-type"] == detail_type]

    yield received
    bus.remove_targets(Rule="sagemaker", Ids=["queue"])


def register(sagemaker: Any, **members: Any) -> str:
    answer = sagemaker.create_model_package(
        ModelPackageGroupName="versions", InferenceSpecification=SPECIFICATION, **members
    )
    arn: str = answer["ModelPackageArn"]
    return arn


def test_approval_and_metadata_are_kept_and_announced(sagemaker: Any, events: Any) -> None:
    arn = register(sagemaker, CustomerMetadataProperties={"git_sha": "abc", "old": "1"})
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"released": "today"},
        CustomerMetadataPropertiesToRemove=["old"],
    )
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    assert package["ModelApprovalStatus"] == "Approved"
    assert package["CustomerMetadataProperties"] == {"git_sha": "abc", "released": "today"}
    announced = events("SageMaker Model Package State Change")
    assert announced[-1]["source"] == "aws.sagemaker"
    assert announced[-1]["resources"] == [arn]
    assert announced[-1]["detail"]["ModelApprovalStatus"] == "Approved"
    assert announced[-1]["detail"]["ModelPackageGroupName"] == "versions"


def test_a_version_shows_its_images_digest_and_who_made_and_changed_it(sagemaker: Any) -> None:
    """Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html, botocore's UserContext."""
    arn = register(sagemaker)
    found = sagemaker.describe_model_package(ModelPackageName=arn)
    assert found["CertifyForMarketplace"] is False
    assert found["InferenceSpecification"]["Containers"][0]["ImageDigest"].startswith("sha256:")
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::000000000000:root"
    assert "LastModifiedBy" not in found
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    changed = sagemaker.describe_model_package(ModelPackageName=arn)
    assert changed["LastModifiedBy"] == found["CreatedBy"]


def test_changes_at_the_same_time_are_all_kept(cloud: LocalCloud, sagemaker: Any) -> None:
    arn = register(sagemaker)

    def annotate(number: int) -> None:
        properties = {f"key{number}": "1"}
        cloud.client("sagemaker").update_model_package(ModelPackageArn=arn, CustomerMetadataProperties=properties)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(annotate, range(30)))
        arns = list(pool.map(lambda _: register(cloud.client("sagemaker")), range(12)))
    assert len(sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"]) == 30
    assert len(set(arns)) == 12


def test_accounts_and_regions_do_not_see_each_other(cloud: LocalCloud) -> None:
    for account, region in (("111111111111", "eu-west-1"), ("000000000000", "us-east-1")):
        other = cloud.client("sagemaker", account, region)
        assert other.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
