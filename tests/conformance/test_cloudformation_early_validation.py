"""What we believe about CloudFormation's early validation: a change set with faulty properties fails.

The texts are those of https://github.com/everit-org/json-schema, which CloudFormation's own libraries use; that early
validation has them is assumed but for the required property.
"""

from typing import Any

import pytest

from tests.conformance.beliefs import ASSUMED, belief
from tests.conformance.change_sets import ChangeSets, queue, resources
from tests.conformance.observations import Matching, Observe
from tests.conformance.target import Target

BASE = "/Resources/It/Properties"
CDK = "https://github.com/aws/aws-cdk-cli/issues/1463"


@pytest.fixture(scope="module")
def change_sets(aws: Target) -> ChangeSets:
    return ChangeSets(aws)


def check(change_sets: ChangeSets, observe: Observe, what: str, resource: dict[str, Any], path: str, text: str) -> None:
    """Hold what early validation finds in a resource to what is documented."""
    judged = change_sets.judged(f"faulty-{what}", resources(It=resource))
    observe(f"{what}: status", judged["status"], documented="FAILED")
    observe(f"{what}: reason", judged["reason"], documented=Matching("AWS::EarlyValidation::PropertyValidation"))
    observe(f"{what}: found", judged["found"].get(f"{BASE}{path}"), documented=text)


@belief(CDK)
def test_a_property_that_is_required(change_sets: ChangeSets, observe: Observe) -> None:
    """A resource without a required property is found."""
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": ["r"]}}
    check(change_sets, observe, "required", policy, "", "Required property [PolicyDocument] not found")


@belief(CDK)
def test_a_property_that_is_required_inside(change_sets: ChangeSets, observe: Observe) -> None:
    """A required property of a nested object is found, by its path."""
    tags = queue(Tags=[{"Key": "a"}])
    check(change_sets, observe, "nested", tags, "/Tags/0", "Required property [Value] not found")


@belief(ASSUMED)
def test_a_property_that_does_not_exist(change_sets: ChangeSets, observe: Observe) -> None:
    """A property that the resource's schema does not have is found, and so is one that can only be read."""
    unknown = queue(QueueName="a", Colour="red")
    check(change_sets, observe, "unknown", unknown, "", "extraneous key [Colour] is not permitted")
    check(change_sets, observe, "read-only", queue(Arn="arn"), "", "extraneous key [Arn] is not permitted")


@belief(ASSUMED)
def test_a_property_of_another_type(change_sets: ChangeSets, observe: Observe) -> None:
    """A value of another type than the schema's is found."""
    for what, value, found in (("list", [1], "JSONArray"), ("text", "soon", "String")):
        text = f"expected type: Integer, found: {found}"
        check(change_sets, observe, what, queue(DelaySeconds=value), "/DelaySeconds", text)


@belief(ASSUMED)
def test_a_property_that_is_too_long(change_sets: ChangeSets, observe: Observe) -> None:
    """A text that is longer than the schema allows is found."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t" * 257}}
    check(change_sets, observe, "length", topic, "/TopicName", "expected maxLength: 256, actual: 257")


@belief(ASSUMED)
def test_a_property_of_another_pattern(change_sets: ChangeSets, observe: Observe) -> None:
    """A text that does not match the schema's pattern is found."""
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "Bad_Name"}}
    text = "failed validation constraint for keyword [pattern]"
    check(change_sets, observe, "pattern", bucket, "/BucketName", text)


@belief(ASSUMED)
def test_a_property_that_is_none_of_its_values(change_sets: ChangeSets, observe: Observe) -> None:
    """A text that is none of the schema's values is found."""
    function = {"Runtime": "python9.9", "Role": "arn:aws:iam::111122223333:role/r", "Code": {}}
    text = "failed validation constraint for keyword [enum]"
    resource = {"Type": "AWS::Lambda::Function", "Properties": function}
    check(change_sets, observe, "enumeration", resource, "/Runtime", text)


@belief("https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html")
def test_a_sound_template(change_sets: ChangeSets, observe: Observe) -> None:
    """A change set of a sound template is complete, and nothing is found in it."""
    judged = change_sets.judged("sound", resources(It=queue(DelaySeconds=1)))
    observe("status", judged["status"], documented="CREATE_COMPLETE")
    observe("found", judged["found"], documented={})
